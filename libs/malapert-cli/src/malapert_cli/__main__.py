"""The command `malapert`."""

import typer

from malapert_cli.lazy_groups import RootGroup
from malapert_cli.refusing import EXIT_CODES

CONFIGURATION = (
    "Where the platform is and which key it is shown, in this order: options; MALAPERT_URL, MALAPERT_KEY, "
    "MALAPERT_KEYS_FILE; the profile (MALAPERT_PROFILE, or `default`) of ~/.config/malapert/config.toml "
    "(MALAPERT_CONFIG names another), a table \\[profiles.NAME] with url, key or keys_file, agency and role; "
    ".malapert/keys.json of a platform that was started here. MALAPERT_TRACEBACK=1 shows where a defect is."
)

app = typer.Typer(
    cls=RootGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Mission planning for the lunar poles. `malapert NOUN --help` lists the verbs of a noun.",
    epilog=f"{CONFIGURATION}\n\n{EXIT_CODES}",
)


@app.callback()
def _root() -> None:
    """Mission planning for the lunar poles."""


if __name__ == "__main__":
    app()
