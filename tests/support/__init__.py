"""What test modules share: a browser, notebooks, a JupyterLab, checks of pages and figures."""
