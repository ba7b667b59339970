"""`python -m approxlite.cli`, for where the `approxlite` command is not on the path."""

from approxlite.cli.main import main

if __name__ == "__main__":
    main()
