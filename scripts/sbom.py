#!/usr/bin/env python3
"""sbom.py BINARY : writes to standard output what is linked into BINARY, with versions and licences, as SPDX 2.3 (JSON).

What the linker was given for BINARY tells the modules, the checkouts of SwiftPM their packages and licences,
Package.resolved the versions, ldd the shared libraries and dpkg, where there is one, their versions. The time is
SOURCE_DATE_EPOCH, else that of the last commit.
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKOUTS = ROOT / ".build/checkouts"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def licence(directory):
    """The SPDX identifier of a package's licence, by its text."""
    for path in sorted(directory.glob("LICENSE*")):
        text = path.read_text(errors="replace")
        if "Apache License" in text and "Version 2.0" in text:
            exception = "Runtime Library Exception" in text
            return "Apache-2.0 WITH Swift-exception" if exception else "Apache-2.0"
        if "Permission is hereby granted, free of charge" in text:
            return "MIT"
    return "NOASSERTION"


def modules(binary):
    """The modules whose objects the linker was given."""
    files = (binary.parent / (binary.name + ".product") / "Objects.LinkFileList").read_text()
    return set(re.findall(r"/([A-Za-z0-9_]+)\.build/", files))


def package(identifier, name, version, licence, location="NOASSERTION"):
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", identifier), "name": name, "versionInfo": version,
        "licenseConcluded": licence, "licenseDeclared": licence, "downloadLocation": location,
        "filesAnalyzed": False, "copyrightText": "NOASSERTION",
    }


def swift_packages(linked):
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    for pin in sorted(pins, key=lambda pin: pin["identity"]):
        directory = next(path for path in CHECKOUTS.iterdir() if path.name.lower() == pin["identity"])
        targets = {path.name for path in directory.glob("Sources/*")} | {path.name for path in directory.glob("Sources/*/*")}
        if linked & targets:
            version = pin["state"].get("version", pin["state"]["revision"])
            yield package(pin["identity"], pin["identity"], version, licence(directory), pin["location"])


def vendored(linked):
    """What the packages bring along of others."""
    if "CNIOBoringSSL" in linked:
        text = (CHECKOUTS / "swift-nio-ssl/Sources/CNIOBoringSSL/hash.txt").read_text()
        revision = re.search(r"\b[0-9a-f]{40}\b", text)
        yield package("boringssl", "boringssl", revision[0] if revision else "unknown", "Apache-2.0 AND ISC AND MIT AND BSD-3-Clause")
    if "CNIOLLHTTP" in linked:
        text = next(CHECKOUTS.glob("swift-nio/Sources/CNIOLLHTTP/**/*llhttp.h")).read_text()
        parts = [re.search(rf"LLHTTP_VERSION_{part} (\d+)", text) for part in ("MAJOR", "MINOR", "PATCH")]
        yield package("llhttp", "llhttp", ".".join(part[1] for part in parts) if all(parts) else "unknown", "MIT")


def shared_libraries(binary):
    for path in sorted(set(re.findall(r"/[^ )]+", output("ldd", str(binary))))):
        try:
            # Where /lib is a link, packages may know either path.
            found = subprocess.run(
                ["dpkg-query", "--search", path, os.path.realpath(path)], capture_output=True, text=True).stdout
            owner = found.split(":")[0]
            version = output("dpkg-query", "--show", "--showformat=${Version}", owner)
        except (OSError, subprocess.CalledProcessError):
            owner, version = os.path.basename(path), "unknown"
        yield package("shared-" + owner, owner, version, "NOASSERTION")


binary = pathlib.Path(sys.argv[1]).resolve()
linked = modules(binary)
words = output(str(binary), "--version").split()
version, swift = words[1], words[-1].rstrip(")")
time = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))
own = package("sockstated", "sockstated", version, "Apache-2.0")
contained = [*swift_packages(linked), *vendored(linked),
             package("swift-runtime", "swift-runtime", swift, "Apache-2.0 WITH Swift-exception", "https://www.swift.org")]
needed = list({each["SPDXID"]: each for each in shared_libraries(binary)}.values())
digest = hashlib.sha256(json.dumps([own, contained, needed], sort_keys=True).encode()).hexdigest()
json.dump({
    "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0", "name": f"sockstated-{version}",
    "documentNamespace": f"https://sockstated.example/spdx/{version}-{digest}",
    "creationInfo": {
        "created": datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "creators": ["Tool: sbom.py"],
    },
    "packages": [own, *contained, *needed],
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": own["SPDXID"]},
        *({"spdxElementId": own["SPDXID"], "relationshipType": "STATIC_LINK", "relatedSpdxElement": each["SPDXID"]} for each in contained),
        *({"spdxElementId": own["SPDXID"], "relationshipType": "DYNAMIC_LINK", "relatedSpdxElement": each["SPDXID"]} for each in needed),
    ],
}, sys.stdout, indent=2)
print()
