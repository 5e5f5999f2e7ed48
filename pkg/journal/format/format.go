package format

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/journal"
)

// Formats returns the names of all of them.
func Formats() []string {
	return []string{string(Table), string(Wide), string(JSON), string(YAML), string(CSV), string(Markdown)}
}

// Write writes a journal in a format.
func Write(out io.Writer, found *journal.Journal, in Format) error {
	switch in {
	case Table, Wide:
		return writeTable(out, found, in == Wide)
	case JSON:
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	case YAML:
		text, err := yaml.Marshal(found)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	case CSV:
		return writeCSV(out, found)
	case Markdown:
		return writeMarkdown(out, found)
	default:
		return fmt.Errorf("%q is no format: want one of %s", in, strings.Join(Formats(), ", "))
	}
}

// SaysAll tells whether a format has a place for the summary and for what is missing.
func SaysAll(in Format) bool { return in != CSV }

func writeTable(out io.Writer, found *journal.Journal, wide bool) error {
	if len(found.Decisions) > 0 {
		table := printers.GetNewTabWriter(out)
		shown := columnsOf(wide)
		titles := make([]string, len(shown))
		for i, column := range shown {
			titles[i] = column.title
		}
		_, _ = fmt.Fprintln(table, strings.Join(titles, "\t")) // Flush returns the error
		cells := make([]string, len(shown))
		for i := range found.Decisions {
			for c, column := range shown {
				cells[c] = line(column.of(&found.Decisions[i]))
			}
			_, _ = fmt.Fprintln(table, strings.Join(cells, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	for _, remark := range Remarks(found) {
		if _, err := fmt.Fprintln(out, remark); err != nil {
			return err
		}
	}
	return nil
}

// Remarks returns the summary, and what a reader should know of it.
func Remarks(found *journal.Journal) []string {
	remarks := []string{found.Summary.String() + where(found)}
	if found.Displaced > 0 {
		remarks = append(remarks, fmt.Sprintf("%d earlier decisions about these rollouts have made room: the logs have them", found.Displaced))
	}
	for _, missing := range found.Missing {
		remarks = append(remarks, "missing: "+audit.Clean(strings.ReplaceAll(missing, "\n", "; ")))
	}
	return remarks
}

func where(found *journal.Journal) string {
	if found.Namespace == "" {
		return " (all namespaces)"
	}
	return " (namespace " + found.Namespace + "; -A for all)"
}

func columnsOf(wide bool) []column {
	var shown []column
	for _, column := range columns() {
		if wide || !column.wide {
			shown = append(shown, column)
		}
	}
	return shown
}

func writeCSV(out io.Writer, found *journal.Journal) error {
	table := csv.NewWriter(out)
	all := columns()
	cells := make([]string, len(all))
	for i, column := range all {
		cells[i] = column.key
	}
	_ = table.Write(cells) // Error returns the error
	for i := range found.Decisions {
		for c, column := range all {
			of := column.of
			if column.raw != nil {
				of = column.raw
			}
			cells[c] = harmless(of(&found.Decisions[i]))
		}
		_ = table.Write(cells)
	}
	table.Flush()
	return table.Error()
}

// harmless keeps spreadsheets from taking a cell for a formula, in the wide forms of the characters too.
func harmless(cell string) string {
	trimmed := strings.TrimSpace(cell)
	if trimmed != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}
