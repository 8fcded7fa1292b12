"""What a run has measured, as JSON with the machine and the spread, and as an SVG chart of the ratios to the kernel."""
import datetime
import html
import json
import os
import platform
import statistics
import subprocess

BAR, ROW, LABEL, WIDTH = 14, 46, 250, 980
COLOURS = ("#0066cc", "#8a8d90", "#f0ab00", "#3e8635", "#c9190b")


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return {"processor": model, "processors": os.cpu_count(), "kernel": platform.release(),
            "load average": round(os.getloadavg()[0], 2)}


def commit(here):
    answer = subprocess.run(["git", "-C", here, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return answer.stdout.strip() or "unknown"


def write(stem, title, samples, names, rounds, seconds, lower_is_better):
    """stem.json and stem.svg; samples: row -> candidate -> values, one a round."""
    here = os.path.dirname(os.path.realpath(__file__))
    about = {"title": title, "date": datetime.date.today().isoformat(), "commit": commit(here), "rounds": rounds, "seconds": seconds,
             "machine": machine()}
    rows = {key: {name: {"median": statistics.median(values), "min": min(values), "max": max(values), "samples": values}
                  for name, values in by_name.items()} for key, by_name in samples.items()}
    with open(stem + ".json", "w") as file:
        json.dump({**about, "rows": rows}, file, indent=1)
        file.write("\n")
    with open(stem + ".svg", "w") as file:
        file.write(chart(about, rows, [name for name in names if name != "kernel"], lower_is_better))


def ratios(row, name, lower_is_better):
    """Median, lowest and highest ratio to the kernel's median; above 1 is better."""
    base, own = row["kernel"]["median"], row[name]
    found = [base / own[which] if lower_is_better else own[which] / base for which in ("median", "min", "max") if own[which]]
    return found[0], min(found), max(found)


def chart(about, rows, names, lower_is_better):
    shown = {key: row for key, row in rows.items() if row.get("kernel", {}).get("median") and any(name in row for name in names)}
    most = max([2.0] + [ratios(row, name, lower_is_better(key))[2] for key, row in shown.items() for name in names if name in row])
    scale = (WIDTH - LABEL - 90) / most
    height = 92 + len(shown) * (BAR * len(names) + 12)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<title>{html.escape(about["title"])}</title>', '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="12" y="22" font-size="15">{html.escape(about["title"])}: times the kernel (more is better)</text>',
           f'<text x="12" y="40" fill="#555">{html.escape(said(about))}</text>']
    for number, name in enumerate(names):
        x = LABEL + number * 190
        out.append(f'<rect x="{x}" y="52" width="12" height="12" fill="{COLOURS[number % len(COLOURS)]}"/><text x="{x + 18}" y="62">{html.escape(name)}</text>')
    y = 80
    for key, row in shown.items():
        out.append(f'<text x="{LABEL - 10}" y="{y + BAR * len(names) / 2 + 4}" text-anchor="end">{html.escape(key)}</text>')
        for number, name in enumerate(names):
            if name in row:
                median, low, high = ratios(row, name, lower_is_better(key))
                top = y + number * BAR
                out.append(f'<rect x="{LABEL}" y="{top}" width="{median * scale:.1f}" height="{BAR - 3}" fill="{COLOURS[number % len(COLOURS)]}"/>')
                out.append(f'<line x1="{LABEL + low * scale:.1f}" x2="{LABEL + high * scale:.1f}" y1="{top + BAR / 2 - 1.5}" y2="{top + BAR / 2 - 1.5}" stroke="black"/>')
                out.append(f'<text x="{LABEL + max(median, high) * scale + 6:.1f}" y="{top + BAR - 4}">{median:.2f}</text>')
        y += BAR * len(names) + 12
    line = LABEL + scale
    out.append(f'<line x1="{line:.1f}" x2="{line:.1f}" y1="72" y2="{y}" stroke="#c9190b" stroke-dasharray="4 3"/>')
    return "\n".join(out) + "\n</svg>\n"


def said(about):
    on = about["machine"]
    return (f'{about["date"]}, commit {about["commit"]}, medians of {about["rounds"]} rounds of {about["seconds"]} s, lines: lowest to highest; '
            f'{on["processors"]} processors, Linux {on["kernel"]}')
