package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// page is what the reader sees.
type page struct {
	out      io.Writer
	terminal bool
	width    int // of a line of text
	steps    int
}

func newPage(out *os.File) *page {
	const widest = 100 // that is still good to read
	p := &page{out: out, terminal: term.IsTerminal(int(out.Fd())), width: widest}
	if columns, _, err := term.GetSize(int(out.Fd())); err == nil && columns > 40 {
		p.width = min(columns, widest)
	}
	return p
}

// step prints the numbered heading of a step.
func (p *page) step(title string) {
	p.steps++
	p.print("\n" + p.bold(fmt.Sprintf("%d. %s", p.steps, title)))
}

// say prints a paragraph.
func (p *page) say(text string) {
	p.print("\n" + p.wrap(text, ""))
}

// note prints a line that belongs to what is above it.
func (p *page) note(text string) {
	p.print(p.wrap(text, ""))
}

// command prints a command as a user would type it.
func (p *page) command(text string) {
	p.print("   " + p.bold("$ "+strings.ReplaceAll(text, "\n", "\n   ")))
}

// output prints what a command printed. Long lines are folded between words.
func (p *page) output(text string) {
	for line := range strings.Lines(text) {
		p.print(p.wrap(strings.TrimRight(line, "\n"), "   "))
	}
}

// plain prints a line that is to be copied whole.
func (p *page) plain(text string) {
	p.print("   " + text)
}

func (p *page) bold(text string) string {
	if !p.terminal {
		return text
	}
	return "\033[1m" + text + "\033[0m"
}

func (p *page) print(text string) {
	_, _ = fmt.Fprintln(p.out, text) // a reader who has gone is no failure of the demo
}

// wrap folds a line between words, each part behind the indent. A line that fits, and its
// spacing, is left alone.
func (p *page) wrap(line, indent string) string {
	if len(indent)+len(line) <= p.width {
		return indent + line
	}
	var lines []string
	current := ""
	for word := range strings.FieldsSeq(line) {
		if current != "" && len(indent)+len(current)+1+len(word) > p.width {
			lines = append(lines, indent+current)
			current = ""
		}
		current = strings.TrimPrefix(current+" "+word, " ")
	}
	return strings.Join(append(lines, indent+current), "\n")
}

// stopwatch says how long what took.
type stopwatch struct {
	start time.Time
	laps  []string
}

// lap ends a lap and begins the next.
func (s *stopwatch) lap(name string) {
	now := time.Now()
	s.laps = append(s.laps, fmt.Sprintf("%s %.1f s", name, now.Sub(s.start).Seconds()))
	s.start = now
}

func (s *stopwatch) String() string {
	text := strings.Join(s.laps, "; ")
	return strings.ToUpper(text[:1]) + text[1:]
}
