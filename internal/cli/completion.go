package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish"`
}

// Run prints a script that knows the commands and their flags. It is made from
// the same declarations as the help, so the two cannot disagree.
func (c *completionCmd) Run(a *app) error {
	var verbs []string
	flags := map[string][]string{}
	helps := map[string]string{}
	for _, n := range a.parser.Model.Children {
		if n.Type != kong.CommandNode || n.Hidden {
			continue
		}
		verbs = append(verbs, n.Name)
		helps[n.Name] = n.Help
		for _, part := range append([]*kong.Node{n}, n.Children...) { // of a command of several verbs, those of all
			for _, group := range part.AllFlags(true) {
				for _, f := range group {
					if name := "--" + f.Name; !slices.Contains(flags[n.Name], name) {
						flags[n.Name] = append(flags[n.Name], name)
					}
				}
			}
		}
	}
	switch c.Shell {
	case "bash", "zsh":
		if c.Shell == "zsh" {
			a.printf("autoload -U +X bashcompinit && bashcompinit\n")
		}
		a.printf("_dalil() {\n  local cur=${COMP_WORDS[COMP_CWORD]} verb= w\n  for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do case $w in -*) ;; *) verb=$w; break;; esac; done\n  case $verb in\n")
		for _, v := range verbs {
			a.printf("  %s) COMPREPLY=($(compgen -W %s -- \"$cur\") $(compgen -f -- \"$cur\"));;\n", v, quote(strings.Join(flags[v], " ")))
		}
		a.printf("  *) COMPREPLY=($(compgen -W %s -- \"$cur\"));;\n  esac\n}\ncomplete -o filenames -F _dalil dalil\n", quote(strings.Join(verbs, " ")))
	case "fish":
		for _, v := range verbs {
			a.printf("complete -c dalil -n __fish_use_subcommand -a %s -d %s\n", v, quote(helps[v]))
			for _, f := range flags[v] {
				a.printf("complete -c dalil -n '__fish_seen_subcommand_from %s' -l %s\n", v, strings.TrimPrefix(f, "--"))
			}
		}
	default:
		return usageError{fmt.Errorf("no completion for %q", c.Shell)}
	}
	return nil
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
