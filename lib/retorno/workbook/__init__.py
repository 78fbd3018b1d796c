"""Running the notebooks: parameters, execution, publication, command line."""
