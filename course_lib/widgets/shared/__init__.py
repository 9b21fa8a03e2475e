"""What several live figures share: Python here, and the modules and stylesheets beside it."""
