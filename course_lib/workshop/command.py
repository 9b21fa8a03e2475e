"""The command ``course doctor``."""

from pathlib import Path

from course_lib.workshop import doctor, line, machine


def run_doctor(options):
    """Look, tell, and return 1 if there is a fault; or read lines that others have sent."""
    if options.read:
        reports = line.read_lines(_text(options.read))
        print(*line.table(reports), sep="\n")
        return 0 if reports and not any(r.faults or r.damaged for r in reports) else 1
    facts = machine.look(options.folder)
    findings = doctor.examine(facts)
    print(*told(findings), "", "For your instructor:", line.line_of(facts, findings), sep="\n")
    return 1 if any(found.fault for found in findings) else 0


def told(findings):
    """Return what was found as lines, each fault with its mend below."""
    lines = []
    for found in findings:
        lines.append(f"{'✗' if found.fault else '✓'} {found.check:<9} {found.told}")
        if found.fault:
            lines.append(f"  {'':<9} mend: {found.mend}")
    return lines


def _text(path):
    return Path(path).read_text(encoding="utf-8", errors="replace")
