"""`watchkeeper access`: the users of Prometheus, Alertmanager and Jaeger, where the spec has `stack.access`."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.spec_argument import add_format, add_spec, with_examples

if TYPE_CHECKING:
    from watchkeeper.secret_files.access_files import AccessFolder


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper access add alice                         asks for the password, and writes its bcrypt hash\n"
        "  watchkeeper access add alice --password-file FILE    reads it from a file; - is the standard input\n"
        "  watchkeeper access remove alice                      at the next request she is refused\n"
        "  watchkeeper access rotate                            a new password of the stack's own user\n"
        "  watchkeeper access list                              the users, and what is wrong with the files\n\n"
        "Prometheus and Alertmanager notice a change at once; run `watchkeeper up` for Jaeger and Grafana.\n",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="add a user, or change a password")
    remove = actions.add_parser("remove", help="remove a user")
    for one in (add, remove):
        one.add_argument("name", metavar="NAME", help="letters, digits, dots, dashes or @")
    add.add_argument(
        "--password-file", metavar="FILE", help="read the password from a file, - for standard input"
    )
    rotate = actions.add_parser("rotate", help="give the stack's own programs a new password")
    listing = actions.add_parser("list", help="list the users, and what is wrong with the files")
    for one in (add, remove, rotate, listing):
        add_spec(one)
    add_format(listing)


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    from watchkeeper.cli.text.console import error_line, note, say
    from watchkeeper.secret_files.access_files import AccessRefused
    from watchkeeper.secret_files.access_users import BadPassword

    folder = _folder(args.spec)
    if folder is None:
        error_line(f"{args.spec} has no `access` under `stack`: add it to protect the servers by passwords")
        return 2
    try:
        if args.action == "list":
            return _list(folder, as_json=args.format == "json")
        say(_change(args, folder))
        if not (folder.path / ".gitignore").is_file():
            note(f"git does not ignore {folder.path} yet: run `watchkeeper render` before you commit")
    except UnicodeError:
        # Its text would repeat a part of the password.
        error_line("the password is not UTF-8")
        return 2
    except (AccessRefused, BadPassword, OSError) as error:
        error_line(str(error))
        return 2
    return 0


def _folder(spec_path: Path) -> AccessFolder | None:
    from watchkeeper.naming import root_of
    from watchkeeper.secret_files.access_files import AccessFolder
    from watchkeeper.spec.read import read_spec

    access = read_spec(spec_path)[0].stack.access
    return None if access is None else AccessFolder(root_of(spec_path), access)


def _change(args: argparse.Namespace, folder: AccessFolder) -> str:
    """Do what was asked and return a line about it; raise AccessRefused, BadPassword or OSError."""
    from watchkeeper.model.stack_access import OWN_USER
    from watchkeeper.secret_files.access_users import NAME, BadPassword

    if args.action == "rotate":
        folder.rotate()
        return f"{OWN_USER} has a new password"
    if not NAME.fullmatch(args.name):
        raise BadPassword("a user has letters, digits, dots, dashes or @")
    if args.name == OWN_USER:
        raise BadPassword(
            f"{OWN_USER} is the user of the stack's own programs: use `watchkeeper access rotate`"
        )
    if args.action == "remove":
        return f"{args.name} is removed" if folder.remove_user(args.name) else f"there is no user {args.name}"
    folder.set_user(args.name, _password(args.password_file))
    return f"{args.name} has access"


def _password(file: str | None) -> str:
    from watchkeeper.secret_files.access_users import BadPassword

    if file is not None:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        # An editor ends the file with a line break, which nobody would type.
        return text.removesuffix("\n").removesuffix("\r")
    try:
        first = getpass.getpass("password: ")
        if first != getpass.getpass("again: "):
            raise BadPassword("the passwords differ")
    except EOFError:
        raise BadPassword("no password was given: without a terminal, use --password-file") from None
    return first


def _list(folder: AccessFolder, *, as_json: bool) -> int:
    from watchkeeper.cli.text.console import say

    faults = [{"file": name, "message": one.message, "remedy": one.remedy} for name, one in folder.faults()]
    users = [] if any(one["file"] == "users" for one in faults) else sorted(folder.users())
    if as_json:
        print(json.dumps({"users": users, "faults": faults}, indent=2, ensure_ascii=False))
    else:
        for name in users:
            say(name)
        for one in faults:
            say(f"FAULT  {one['file']} {one['message']}; {one['remedy']}")
    return 1 if faults else 0
