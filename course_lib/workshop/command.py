"""The commands ``course doctor``, ``pack``, ``variant`` and ``reset``."""

import codecs
from pathlib import Path

from course_lib.working.folder import notebooks_folder
from course_lib.workshop import doctor, line, machine


def run_doctor(options):
    """Look, tell, and return 1 if there is a fault; or read lines that others have sent."""
    if options.read is not None:
        reports = line.read_lines(_text(options.read))
        print(*line.table(reports), sep="\n")
        return 0 if reports and not any(r.faults or r.damaged for r in reports) else 1
    if not Path(options.folder).is_dir():
        raise ValueError(f"there is no folder {options.folder}")
    facts = machine.look(options.folder)
    findings = doctor.examine(facts)
    print(*told(findings), "", "For your instructor:", line.line_of(facts, findings), sep="\n")
    return 1 if any(found.fault for found in findings) else 0


def run_pack(options):
    """Say how much it is, then fetch, build and lay out; return the exit status."""
    from tqdm import tqdm

    from course_lib.workshop import pack
    from course_lib.workshop.pins import Target

    target = Target(options.platform, options.python)
    if not options.size:
        pack.claim(options.to, target)  # before anybody waits
    planned = pack.plan(target, options.index)
    print(*planned.told(options.to), sep="\n", flush=True)
    if options.size:
        return 0
    count = len(planned.wheels)
    lacks = pack.fill(options.to, planned, progress=lambda wheels: tqdm(wheels, total=count))
    print(*lacks, f"Packed into {options.to}: see README.txt there", sep="\n")
    return 0


def run_variant(options):
    """Write a notebook for live coding, and say where it is."""
    from course_lib.workshop.variant import write_variant

    path, kept = write_variant(notebooks_folder(), options.chapter, pretyped=options.pretyped)
    print(f"{path}: written" + (f"; the old file is kept as {kept.name}" if kept else ""))
    return 0


def run_reset(options):
    """Take answers out of a notebook, and say which, and where they are kept."""
    from course_lib.workshop.reset import reset

    taken, kept = reset(notebooks_folder(), options.chapter, options.exercise)
    if taken:
        print(f"Stubs again: {', '.join(taken)}")
        print(f"The notebook as it was is kept as {kept.name}. Open tabs: File > Reload from Disk")
    else:
        print("Nothing to take back. What is not saved is not seen: save first")
    return 0


def told(findings):
    """Return what was found as lines, each fault with its mend below."""
    lines = []
    for found in findings:
        lines.append(f"{'✗' if found.fault else '✓'} {found.check:<9} {found.told}")
        if found.fault:
            lines.append(f"  {'':<9} mend: {found.mend}")
    return lines


def _text(path):
    """Return what a file says: in UTF-8, or in UTF-16 as the shell of Windows redirects it."""
    data = Path(path).read_bytes()
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig", errors="replace")
