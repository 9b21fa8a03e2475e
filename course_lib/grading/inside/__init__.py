"""What runs in the sandbox. Only this folder of the package is mounted there."""
