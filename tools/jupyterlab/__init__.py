"""A JupyterLab server with a browser, for the browser tests and the load benchmark."""
