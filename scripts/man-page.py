#!/usr/bin/env python3
"""man-page.py BINARY TEMPLATE : writes the man page of BINARY to standard output.

What BINARY says of its own commands (--experimental-dump-help of swift-argument-parser) takes the place of
@SYNOPSIS@ and @COMMANDS@ in TEMPLATE, so that the page cannot lag behind the program. @VERSION@ is that of
BINARY, @DATE@ that of the last commit or, where it is given, SOURCE_DATE_EPOCH.
"""
import datetime
import json
import os
import subprocess
import sys


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def escaped(text):
    """Text as roff prints it unchanged."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    # A dot at the start of a line would be a request.
    return "\n".join("\\&" + line if line.startswith(".") else line for line in text.split("\n"))


def value(argument):
    """What stands for the value of an option or a positional argument."""
    kind = argument.get("completionKind", {})
    if "list" in kind:
        return "|".join(kind["list"]["values"])
    name = argument["valueName"]
    # Without a name of its own, the value goes by that of its option.
    if name in [each["name"] for each in argument.get("names", [])]:
        name = next((word for word in ("file", "directory") if word in kind), "value")
    return name.upper()


def spelled(argument):
    """All spellings of an option, or the name of a positional argument, in roff."""
    if argument["kind"] == "positional":
        return "\\fI" + escaped(value(argument)) + "\\fR"
    dashes = {"long": "--", "short": "-", "longWithSingleDash": "-"}
    names = ", ".join(
        "\\fB" + escaped(dashes[name["kind"]] + name["name"]) + "\\fR" for name in argument["names"])
    return names + (" \\fI" + escaped(value(argument)) + "\\fR" if argument["kind"] == "option" else "")


def shown(arguments):
    return [argument for argument in arguments if argument["shouldDisplay"]]


def described(argument):
    """One entry of a list of options."""
    words = [argument.get("abstract", "").strip(), argument.get("discussion", "").strip()]
    if "defaultValue" in argument:
        words.append(f"Default: {argument['defaultValue']}.")
    # Without a line of text, the next entry would become that of this one.
    return [".TP", spelled(argument), escaped("\n".join(word for word in words if word)) or "\\&"]


def synopsis(path, command, common):
    words = ["\\fB" + escaped(" ".join(path)) + "\\fR"]
    arguments = [each for each in shown(command.get("arguments", [])) if each not in common]
    if any(argument["kind"] != "positional" for argument in arguments):
        words.append("[\\fIOPTION\\fR]...")
    for argument in arguments:
        if argument["kind"] == "positional":
            word = spelled(argument) + ("..." if argument["isRepeating"] else "")
            words.append(f"[{word}]" if argument["isOptional"] else word)
    return " ".join(words)


def leaves(command, path=()):
    """The commands that do something, each with the words that call it."""
    path = (*path, command["commandName"])
    children = [child for child in command.get("subcommands", []) if child["shouldDisplay"]]
    if not children:
        yield path, command
    for child in children:
        yield from leaves(child, path)


def main():
    binary, template = sys.argv[1:]
    root = json.loads(output(binary, "--experimental-dump-help"))["command"]
    # Every command repeats --help and --version.
    common = shown(root.get("arguments", []))
    commands = list(leaves(root))

    lines = []
    for path, command in commands:
        lines += [f".SS {escaped(' '.join(path))}", escaped(command.get("abstract", ""))]
        if command.get("discussion"):
            lines += [".PP", escaped(command["discussion"])]
        for argument in shown(command.get("arguments", [])):
            if argument not in common:
                lines += described(argument)
    lines.append(".SS Every command")
    for argument in common:
        lines += described(argument)

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        here = os.path.dirname(os.path.abspath(__file__))
        git = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=here, capture_output=True, text=True, check=False)
        epoch = git.stdout.strip() or datetime.datetime.now().timestamp()
    date = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
    with open(template, encoding="utf-8") as file:
        page = file.read()
    for name, text in {
        "@SYNOPSIS@": "\n.br\n".join(synopsis(path, command, common) for path, command in commands),
        "@COMMANDS@": "\n".join(lines),
        "@VERSION@": output(binary, "--version").split()[1],
        "@DATE@": date.strftime("%Y-%m-%d"),
    }.items():
        page = page.replace(name, text)
    sys.stdout.write(page)


main()
