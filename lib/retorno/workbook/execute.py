"""Executing one notebook with papermill, in this process, and telling how far it is.

The kernel is started before papermill is imported: on two cores the two take place at once.
"""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from retorno.language import SOURCE, integer, say, speaking
from retorno.workbook import paragraphs

INPUT_ERRORS = ("InputError", "TableError", "ParameterError")


class ExecutionError(Exception):
    """A notebook stopped.

    Attributes
    ----------
    status : int
        2 when the input was at fault, 1 otherwise: the exit status of the command line.
    """

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class Walk:
    """Where in a notebook the execution is; told to `tell` at each code cell.

    Cells count from 1 as in Jupyter's own numbering: code cells only, without the one that papermill
    puts in.
    """

    def __init__(self, tell: Callable[[int, int, str], None], meanwhile: Callable[[], None]):
        self.tell, self.meanwhile = tell, meanwhile
        self.cell, self.cells, self.heading = 0, 0, ""

    def notebook_start(self, notebook):
        """Count the cells to come; the kernel is ready."""
        self.cells = sum(map(_counts, notebook.cells))
        self.meanwhile()

    def cell_start(self, cell, cell_index):
        """Note a heading, or tell that a code cell starts."""
        if cell.cell_type == "markdown":
            self.heading = heading(cell.source) or self.heading
        elif _counts(cell):
            self.cell += 1
            self.tell(self.cell, self.cells, self.heading)


def _counts(cell) -> bool:
    injected = "injected-parameters" in cell.metadata.get("tags", [])
    return cell.cell_type == "code" and bool(cell.source.strip()) and not injected


def heading(markdown: str) -> str:
    """Return the last heading in a text cell, or nothing.

    Examples
    --------
    >>> heading("# Title\\n\\nWords.\\n## Who *came* back")
    'Who came back'
    """
    titles = [line.lstrip("# ") for line in markdown.splitlines() if line.startswith("#")]
    return titles[-1].replace("*", "").replace("`", "") if titles else ""


def execute(
    notebook: Path,
    parameters: dict,
    tell: Callable[[int, int, str], None],
    *,
    language: str = SOURCE,
    meanwhile: Callable[[], None] = lambda: None,
):
    """Return the executed notebook.

    Parameters
    ----------
    notebook : Path
    parameters : dict
        As papermill takes them.
    language : str
        Of its paragraphs.
    tell : callable
        Called with number of the code cell, number of code cells, and the heading above it.
    meanwhile : callable
        Called once when the kernel is ready and this process would only wait.

    Raises
    ------
    ExecutionError
        A cell failed, or the kernel died.
    """
    with speaking(language):
        content = paragraphs.read(notebook)
    kernel = _start(notebook.parent)
    try:
        return _run(kernel, content, parameters, Walk(tell, meanwhile))
    finally:
        if kernel.has_kernel:
            _now(kernel.shutdown_kernel)(now=True)


def _now(coroutine):
    """Return the function to call from here: kernel managers are asynchronous."""
    from jupyter_core.utils import run_sync

    return run_sync(coroutine)


def _start(folder: Path):
    """Start a kernel of this very Python in `folder`, without waiting until it is ready."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name):
            return KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                display_name="Python 3 (ipykernel)",
                language="python",
                metadata={"supported_encryption": ["curve"]},
            )

    # ipykernel 7 warns in every kernel about TCP in the clear unless encryption is asked for.
    kernel = AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=ThisPython(), transport_encryption="auto"
    )
    _now(kernel.start_kernel)(
        cwd=str(folder),
        extra_arguments=["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=ERROR"],
    )
    return kernel


def _run(kernel, content: dict, parameters: dict, walk: Walk):
    with _lean_imports():
        import papermill
    import nbformat
    from nbclient.exceptions import DeadKernelError

    try:
        return papermill.execute_notebook(
            nbformat.from_dict(content),
            None,
            parameters=parameters,
            engine_name=_engine(),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            autosave_cell_every=0,
            client={
                "km": kernel,
                "shutdown_kernel": "immediate",
                "record_timing": False,
                "on_notebook_start": walk.notebook_start,
                "on_cell_start": walk.cell_start,
            },
        )
    except papermill.PapermillExecutionError as error:
        if error.ename in INPUT_ERRORS:
            raise ExecutionError(error.evalue, 2) from None
        problem = say("{kind}: {problem}", kind=error.ename, problem=_first_line(error.evalue))
    except DeadKernelError:
        problem = say("the kernel died; was there enough memory?")
    raise ExecutionError(
        say(
            "cell {cell} of {cells}, under {heading!r}: {problem}",
            cell=integer(walk.cell),
            cells=integer(walk.cells),
            heading=walk.heading,
            problem=problem,
        ),
        1,
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _engine() -> str:
    """Register papermill's own engine with one difference: it takes a started kernel and ends it."""
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, papermill_engines

    class GivenKernel(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, *, client, **options):
            return PapermillNotebookClient(nb_man, kernel_name=kernel_name, **client).execute(
                cleanup_kc=True
            )

    papermill_engines.register("retorno", GivenKernel)
    return "retorno"


# jsonschema builds a grammar for IRIs when imported (0.6 s) and papermill loads Arrow for Hadoop (0.1 s);
# both do without, and neither is of use here.
_LEFT_OUT = ("rfc3987_syntax", "pyarrow.fs")


@contextmanager
def _lean_imports():
    """Import papermill without what it would load for nothing."""
    absent = [name for name in _LEFT_OUT if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
