// Package page writes a journal as one page of HTML that is whole by itself: it runs no script and
// asks no host for anything.
package page

import (
	"crypto/sha256"
	_ "embed" // the page's own files
	"encoding/base64"
	"html/template"
	"io"

	"github.com/seawall-dev/seawall/pkg/journal"
)

var (
	//go:embed page.html.tmpl
	markup string
	//go:embed page.css
	style string
)

// Write writes a journal as a page. Whatever names hold is escaped.
func Write(out io.Writer, found *journal.Journal) error {
	parsed, err := template.New("page").Funcs(functions()).Parse(markup)
	if err != nil {
		return err
	}
	return parsed.Execute(out, viewOf(found))
}

// source is what the page's Content-Security-Policy names its own style by.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
