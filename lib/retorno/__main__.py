"""``python -m retorno`` is the command line."""

from retorno.workbook.cli import main

if __name__ == "__main__":
    main()
