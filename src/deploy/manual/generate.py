"""Makes the manual page and the shells' completions from what `maskpipe --help` says, so that they
cannot fall behind the table of options.

usage: generate.py MASKPIPE OUT_DIR    writes maskpipe.1, maskpipe.bash, _maskpipe, maskpipe.fish
"""
import pathlib
import re
import subprocess
import sys

FILES = {"source", "allow", "hash-key-file", "metrics", "log-file", "config", "against"}


class Option:
    def __init__(self, short, name, argument, text):
        self.short, self.name, self.argument = short, name, argument
        default = re.search(r" \[(.*)\]$", text)
        self.default = default[1] if default else None
        self.text = text[:default.start()] if default else text

    def choices(self):
        """The words of a help such as "x: fail (print nothing) or warn (go on)"."""
        if not self.argument or self.argument not in ("HOW", "WHAT", "LEVEL", "FORMAT", "SIGNAL"):
            return []
        words = re.sub(r"\([^)]*\)", "", self.text.split(": ")[-1])
        found = [w.strip() for w in re.split(r",| or ", words)]
        return found if all(re.fullmatch(r"[A-Za-z0-9]+", w) for w in found) else []


def read(maskpipe):
    """(version, usages, groups): usages are (form, meaning), groups (title, options)."""
    def run(option):
        return subprocess.run([maskpipe, option], check=True, stdout=subprocess.PIPE,
                              text=True).stdout
    usages, groups = [], []
    for line in run("--help").splitlines():
        option = re.match(r"  (?:(-\w), )?--([\w-]+)(?: ([A-Z:]+))? +(\S.*)$", line)
        if option:
            groups[-1][1].append(Option(*option.groups()))
        elif re.match(r"maskpipe ", line):
            usages.append(re.match(r"(maskpipe.*?)  +(.*)$", line).groups())
        elif line.endswith(":"):
            groups.append((line[:-1], []))
    if not usages or sum(len(options) for _, options in groups) < 20:
        sys.exit("the help is not of the form that is known here")
    return run("--version").split()[1], usages, groups


def subcommands(usages):
    return [form.split()[1] for form, _ in usages if re.fullmatch(r"[a-z]+", form.split()[1])]


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


def manual(version, usages, groups):
    out = [f'.TH MASKPIPE 1 "" "maskpipe {version}" "User Commands"', ".SH NAME",
           "maskpipe \\- remove secret values from logs that stream past", ".SH SYNOPSIS"]
    for form, _ in usages:
        out += [".B " + roff(form), ".br"]
    out += [".SH DESCRIPTION",
            "Learns the secret values that a task can see from its sources, and replaces every "
            "occurrence in the text that streams past. All other bytes pass untouched. Where a "
            "source cannot be read, nothing is printed."]
    for form, meaning in usages:
        out += [".TP", ".B " + roff(form), roff(meaning)]
    out.append(".SH OPTIONS")
    for title, options in groups:
        out.append(".SS " + roff(title))
        for o in options:
            name = (f"\\fB{roff(o.short)}\\fR, " if o.short else "") + f"\\fB{roff('--' + o.name)}\\fR"
            out += [".TP", name + (f" \\fI{roff(o.argument)}\\fR" if o.argument else ""),
                    roff(o.text[0].upper() + o.text[1:]) +
                    (f" Default: {roff(o.default)}." if o.default else "")]
    out += [".SH ENVIRONMENT",
            "Each option is also a variable: \\fBMASKPIPE_\\fR and its name in capitals with _ for "
            "\\-, for example \\fBMASKPIPE_MIN_LENGTH\\fR. Flags outweigh variables, which outweigh "
            "\\fB\\-\\-config\\fR.",
            ".SH EXIT STATUS",
            "0 done; 1 reading or writing the log failed (of check: something needs mending); "
            "2 a usage error; 3 a source failed, and not one byte of the log was printed.",
            ".SH EXAMPLES", ".nf",
            "my\\-task 2>&1 | maskpipe \\-\\-source dir:/run/secrets",
            "maskpipe check \\-\\-source 'env:DB_*'", ".fi"]
    return "\n".join(out) + "\n"


def bash(usages, groups):
    options = [o for _, group in groups for o in group]
    files = "|".join(f"--{o.name}" for o in options if o.name in FILES)
    words = "".join(f'    --{o.name}) words="{" ".join(o.choices())}" ;;\n'
                    for o in options if o.choices())
    other = "|".join(f"--{o.name}" for o in options
                     if o.argument and o.name not in FILES and not o.choices())
    return f"""# bash completion for maskpipe
_maskpipe() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words=
  COMPREPLY=()
  case $previous in
    {files}) COMPREPLY=($(compgen -f -- "$current")); return ;;
{words}    {other}) return ;;
  esac
  if [[ -z $words && $current == -* ]]; then
    words="{' '.join('--' + o.name for o in options)}"
  elif [[ -z $words && $COMP_CWORD -eq 1 ]]; then
    words="{' '.join(subcommands(usages))}"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ ${{#COMPREPLY[@]}} -gt 0 || $current == -* ]] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -o filenames -F _maskpipe maskpipe
"""


def zsh(usages, groups):
    lines = []
    for _, group in groups:
        for o in group:
            text = re.sub(r"([\[\]:'])", lambda m: "'\\''" if m[1] == "'" else "\\" + m[1], o.text)
            action = ""
            if o.argument:
                action = (f":{o.name}:({' '.join(o.choices())})" if o.choices() else
                          f":{o.name}:_files" if o.name in FILES else f":{o.name}: ")
            lines.append(f"  '*--{o.name}[{text}]{action}' \\\n")
    return ("#compdef maskpipe\n# zsh completion for maskpipe\n_arguments -s \\\n" + "".join(lines) +
            f"  '1: :({' '.join(subcommands(usages))})' \\\n  '*:file:_files'\n")


def fish(usages, groups):
    out = ["# fish completion for maskpipe"]
    for name in subcommands(usages):
        out.append(f"complete -c maskpipe -n __fish_use_subcommand -a {name}")
    for _, group in groups:
        for o in group:
            text = o.text.replace("\\", "\\\\").replace("'", "\\'")
            out.append(f"complete -c maskpipe -l {o.name}" + (f" -s {o.short[1]}" if o.short else "") +
                       ("" if not o.argument else " -r" if o.name in FILES else " -x") +
                       (f" -a '{' '.join(o.choices())}'" if o.choices() else "") + f" -d '{text}'")
    return "\n".join(out) + "\n"


def main(maskpipe, directory):
    version, usages, groups = read(maskpipe)
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in (("maskpipe.1", manual(version, usages, groups)),
                       ("maskpipe.bash", bash(usages, groups)), ("_maskpipe", zsh(usages, groups)),
                       ("maskpipe.fish", fish(usages, groups))):
        (directory / name).write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
