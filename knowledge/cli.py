"""The `praxis` command: run a site, fill it, mend it, look after its people."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from knowledge import setup
from knowledge.content.media import AT_ONCE, MEGA
from knowledge.content.site import registry as declared
from knowledge.outside.calling import Answer
from knowledge.services import accounts, programmes, second_factor
from knowledge.services.calling import Caller
from knowledge.services.errors import FilesUnavailable, Forbidden, Invalid, NotFound
from knowledge.services.site import Site
from knowledge.settings import BadSetting, Settings, described
from knowledge.storage import schema as storage_schema
from knowledge.storage.session import StorageUnavailable
from search.errors import SearchUnavailable

out = Console(highlight=False, soft_wrap=True)
FOLDER, NEW_FOLDER = (click.Path(exists=exists, file_okay=False, path_type=Path) for exists in (True, False))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="praxis-knowledge", message="Praxis %(version)s")
def main() -> None:
    """Praxis: the shared memory of public procurement reform."""


@contextmanager
def opened(prepare: bool = True) -> Iterator[Site]:
    """The site of these settings, brought up to date; errors become sentences."""
    from knowledge.app import configure_logs, join

    try:
        settings = Settings.from_environment()
        configure_logs(settings)
        settings.data.mkdir(parents=True, exist_ok=True)
        site = join(settings, declared())
        try:
            if prepare:
                setup.prepare(site, _bar)
            yield site
        finally:
            site.engine.close()
            site.db.close()
    except (BadSetting, storage_schema.NewerSchema, StorageUnavailable, SearchUnavailable, FilesUnavailable) as error:
        raise click.ClickException(str(error)) from error
    except Forbidden as error:
        raise click.ClickException(str(error)) from error
    except Invalid as error:
        raise click.ClickException(" ".join(map(str, error.problems))) from error
    except NotFound as error:
        raise click.ClickException(f"There is no {error}.") from error


@main.command()
@click.option("--demo/--no-demo", default=False, help="Load the demo content into an empty site first.")
def run(demo: bool) -> None:
    """Start the site with a production server."""
    from knowledge.app import create_app
    from knowledge.web.site import extension

    with opened() as site:
        if demo:
            setup.load_demo(site, _bar)
        settings = site.settings
        accounts_shown = setup.demo_accounts(site)
    app = create_app(settings)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits its turn
    setup.start_sweep(extension(app))
    if settings.mail_worker:
        setup.start_postman(extension(app))
        if settings.call_links:
            setup.start_caller(extension(app))
    try:
        server = server_of(app, settings)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). Set PRAXIS_PORT to a free port."
        ) from error
    out.print(f"Praxis is running at [bold]{settings.address}[/]  (stop with Ctrl+C)")
    for role, email, password in accounts_shown:
        out.print(f"  {role:<12} {email:<28} {password}")
    sys.stdout.flush()
    setup.settle()
    try:
        server.run()
    except KeyboardInterrupt:
        out.print("Stopped.")


def server_of(app: Any, settings: Settings, **more: Any) -> Any:
    """The production server for a site; `more`: other options of waitress, for tests."""
    from waitress import create_server

    return create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        ident=None,
        clear_untrusted_proxy_headers=True,
        max_request_body_size=AT_ONCE + 4 * MEGA,  # the largest form there is; more is not even read
        **more,
    )


@main.command()
def worker() -> None:
    """Send mails, and call up links: for larger sites, beside web processes with PRAXIS_MAIL_WORKER=0."""
    with opened() as site:
        if site.settings.call_links:
            setup.start_caller(site)
        out.print(f"Sending mails of {site.settings.address}  (stop with Ctrl+C)")
        try:
            setup.postman(site).deliver_forever(site.settings.sweep_seconds, threading.Event())
        except KeyboardInterrupt:
            out.print("Stopped.")


@main.command("mail-in")
@click.argument("recipient", default="")
def mail_in(recipient: str) -> None:
    """Take one mail from standard input: an answer to a mail of ours becomes a comment.

    For mail servers to pipe to. RECIPIENT is the address of the envelope; without it the headers are asked. The exit
    codes are those of sysexits.
    """
    from knowledge.mail.mail_in import LATER, MAX_BYTES

    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with opened(prepare=False) as site:
            outcome = setup.mail_door(site).receive(raw, recipient)
    except Exception as error:  # ours to mend: the server keeps the mail and tries again
        outcome = LATER
        click.echo(type(error).__name__, err=True)
    if outcome.sentence:
        click.echo(outcome.sentence.encode())  # whatever the locale of the mail server
    sys.exit(outcome.code)


@main.command()
def init() -> None:
    """Create or upgrade the database and the index."""
    with opened() as site:
        out.print(f"Ready: {site.settings.data}")


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--publish", is_flag=True, help="Keep the states of the file; for managers.")
@click.option(
    "--as",
    "email",
    default="",
    help="E-mail of the account that imports, and the author of what names none; default: the first manager.",
)
@click.option("--files", type=FOLDER, help="Folder in which the files of the records lie.")
def import_(file: Path, publish: bool, email: str, files: Path | None) -> None:
    """Import records, one JSON object a line. Importing a file again changes nothing."""
    with opened() as site:
        actor = setup.actor_of(site, email)
        tally = setup.import_file(site, actor, file, publish, _bar, own=bool(email), files=files)
        out.print(f"{tally.imported} imported, {tally.known} known already, {len(tally.bad)} refused.")
        if files is not None:
            out.print(f"{tally.files} files taken in.")
        elif tally.attached:
            out.print(f"{len(tally.attached)} files stayed away: name their folder with --files FOLDER.")
        for bad in tally.bad[:100]:
            out.print(f"  {bad}", style="red")
        if len(tally.bad) > 100:
            out.print(f"  … and {len(tally.bad) - 100} more")
        setup.index_outbox(site, _bar)
    if tally.bad:
        sys.exit(1)


@main.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--files", type=NEW_FOLDER, help="Write their files to this folder, too.")
def export_(file: Path, files: Path | None) -> None:
    """Export all records, unpublished ones included, one JSON object a line."""
    with opened() as site:
        count, lost = setup.export_file(site, file, _bar, files)
        out.print(f"{count} records written to {file}{f', their files to {files}' if files else ''}.")
        for name in lost:
            out.print(f"lost: {name}", style="red")
    sys.exit(1 if lost else 0)


@main.command()
def reindex() -> None:
    """Build the search index anew, beside the one that serves, and swap."""
    with opened(prepare=False) as site:
        storage_schema.upgrade(site.db)
        out.print(f"{setup.rebuild(site, _bar)} documents indexed.")


@main.command()
@click.option("--check", is_flag=True, help="Only look, and say what differs.")
def files(check: bool) -> None:
    """Hold the files against the database; drop abandoned uploads, files nobody used, and bytes of nothing."""
    with opened() as site:
        found = setup.compare_files(site) if check else site.uploads.tidy(site.db)
        for name in found.lost:
            out.print(f"lost: {name}", style="red")
        for name in found.stray:
            out.print(f"belongs to nothing: {name}")
        out.print("Files and database agree." if found.same else f"{len(found.lost)} lost, {len(found.stray)} stray.")
    sys.exit(1 if found.lost else 0)


@main.command()
@click.argument("record", default="")
def links(record: str) -> None:
    """Call up the addresses that records link to, as far as they are due; or all of one RECORD, now."""
    with opened() as site:
        if not site.settings.call_links:
            raise click.ClickException("Links are not called up here. Set PRAXIS_CALL_LINKS=1 to have them called.")
        caller = Caller(site.db)
        if record:
            for address, answer in caller.record(record).items():
                _print_answer(address, answer)
        else:
            out.print(f"The links of {caller.due(_print_answer)} records were called up.")


def _print_answer(address: str, answer: Answer) -> None:
    said = answer.trouble if answer.trouble not in ("", "answered") else str(answer.status or "not called")
    out.print(f"{said:<12} {address}", style="red" if answer.trouble else "")


@main.group()
def user() -> None:
    """Accounts: add, role, password, deactivate."""


@user.command("add")
@click.argument("email")
@click.option("--name", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.option("--manager", is_flag=True, help="Make this account a manager.")
def user_add(email: str, name: str, password: str, manager: bool) -> None:
    """Add an account."""
    with opened() as site:
        site.act(accounts.add_person, name=name, email=email, password=password, manager=manager)
        out.print(f"Added {email}{' as a manager' if manager else ''}.")


@user.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(["practitioner", "manager", "apprentice", "coach"]))
@click.option("--programme", default="", help="For apprentice and coach: the id of the programme.")
def user_role(email: str, role: str, programme: str) -> None:
    """Give an account a role."""
    with opened() as site:
        if role in ("practitioner", "manager"):
            site.act(setup.with_person(email, lambda s, p: accounts.make_manager(s, p, role == "manager")))
        elif programme:
            site.act(programmes.put_member, setup.actor_of(site, ""), programme, email, role)
        else:
            raise click.ClickException(f"Say of which programme: praxis user role {email} {role} --programme ID")
        out.print(f"{email} is now {role}.")


@user.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def user_password(email: str, password: str) -> None:
    """Set a new password; signs the account out everywhere."""
    with opened() as site:
        site.act(setup.with_person(email, lambda s, p: accounts.set_password(s, p, password)))
        out.print("The password was changed.")


@user.command("no-code")
@click.argument("email")
def user_no_code(email: str) -> None:
    """Switch off the second factor of an account whose owner lost her phone and her paper."""
    with opened() as site:
        site.act(setup.with_person(email, second_factor.remove))
        out.print(f"{email} signs in with the password alone.")


@user.command("deactivate")
@click.argument("email")
def user_deactivate(email: str) -> None:
    """Deactivate an account; it is signed out at once."""
    with opened() as site:
        site.act(setup.with_person(email, lambda s, p: accounts.make_active(s, p, False)))
        out.print(f"{email} is deactivated.")


@main.command()
def demo() -> None:
    """Load the demo content and accounts."""
    with opened() as site:
        setup.load_demo(site, _bar)
        for role, email, password in setup.demo_accounts(site):
            out.print(f"  {role:<12} {email:<28} {password}")


@main.command()
def doctor() -> None:
    """Check settings, database, migrations and index, and say what to do."""
    faults = 0
    for name, default, about in described():
        out.print(f"[dim]{name:<24}[/] {about} [dim](default: {default or 'see above'})[/]")
    try:
        settings = Settings.from_environment()
        settings.key()
    except BadSetting as error:
        raise click.ClickException(str(error)) from error
    from knowledge.app import join

    site = join(settings, declared())
    for name, check in setup.CHECKS:
        found = check(site)
        faults += bool(found)
        out.print(f"{'[red]✗[/]' if found else '[green]✓[/]'} {name}{': ' + found if found else ''}")
    sys.exit(1 if faults else 0)


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar; yields a function that is told how many are done."""
    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=out, transient=False) as progress:
        task = progress.add_task(what, total=total, rate="")

        def done(count: int) -> None:
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, completed=count, rate=f"{speed:.0f}/s" if speed else "")

        yield done
