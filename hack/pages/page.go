// Package pages reads the pages of the documentation, for the tests that play them: their links, and the commands
// in them with what these print.
package pages

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Page is a file of Markdown.
type Page struct {
	// Name is its path from the root of the repository.
	Name string
	// Blocks are its fenced blocks of code, Links where its links and pictures lead, and Anchors what a link to a
	// heading of it ends with, in the order in which they stand.
	Blocks  []Block
	Links   []Link
	Anchors []string
}

// Block is a fenced block of code.
type Block struct {
	// Language stands behind the fence.
	Language, Text string
	// Line is that of its first line of code.
	Line int
}

// Link is where a link or a picture leads.
type Link struct {
	Target string
	Line   int
}

// All reads all pages of the repository.
func All(root string) ([]*Page, error) {
	var found []*Page
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "charts/*/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			relative, err := filepath.Rel(root, name)
			if err != nil {
				return nil, err
			}
			page, err := Read(root, filepath.ToSlash(relative))
			if err != nil {
				return nil, err
			}
			found = append(found, page)
		}
	}
	return found, nil
}

// Read reads a page by its path from the root of the repository.
func Read(root, name string) (*Page, error) {
	source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	page := &Page{Name: name}
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	seen := map[string]int{}
	err = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			page.note(node, source, seen)
		}
		return ast.WalkContinue, nil
	})
	return page, err
}

func (p *Page) note(node ast.Node, source []byte, seen map[string]int) {
	switch node := node.(type) {
	case *ast.FencedCodeBlock:
		if lines := node.Lines(); lines.Len() > 0 {
			p.Blocks = append(p.Blocks, Block{
				Language: string(node.Language(source)), Text: string(lines.Value(source)), Line: lineOf(source, lines.At(0).Start),
			})
		}
	case *ast.Link:
		p.Links = append(p.Links, Link{Target: string(node.Destination), Line: lineOfText(node, source)})
	case *ast.Image:
		p.Links = append(p.Links, Link{Target: string(node.Destination), Line: lineOfText(node, source)})
	case *ast.RawHTML:
		p.noteHTML(node.Segments.Value(source), node, source)
	case *ast.HTMLBlock:
		p.noteHTML(node.Lines().Value(source), node, source)
	case *ast.Heading:
		p.Anchors = append(p.Anchors, anchor(string(node.Lines().Value(source)), seen))
	}
}

// noteHTML notes where the pictures and links of a piece of HTML lead.
func (p *Page) noteHTML(html []byte, node ast.Node, source []byte) {
	for _, found := range regexp.MustCompile(`(?:src|srcset|href)="([^"]*)"`).FindAllSubmatch(html, -1) {
		p.Links = append(p.Links, Link{Target: string(found[1]), Line: lineOfText(node, source)})
	}
}

// anchor is what GitHub makes of a heading: its letters, digits, hyphens and underscores in lower case, with hyphens
// for spaces; the second of the same text gets a number.
func anchor(heading string, seen map[string]int) string {
	plain := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(heading, "$1")
	plain = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(plain)), "")
	plain = strings.ReplaceAll(plain, " ", "-")
	number := seen[plain]
	seen[plain]++
	if number > 0 {
		return fmt.Sprintf("%s-%d", plain, number)
	}
	return plain
}

func lineOf(source []byte, offset int) int {
	return 1 + bytes.Count(source[:offset], []byte("\n"))
}

// lineOfText is the line of the paragraph that an inline node is in; the parser keeps no other place.
func lineOfText(node ast.Node, source []byte) int {
	for ; node != nil; node = node.Parent() {
		if node.Type() == ast.TypeBlock && node.Lines() != nil && node.Lines().Len() > 0 {
			return lineOf(source, node.Lines().At(0).Start)
		}
	}
	return 0
}
