// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Page is one document.
type Page struct {
	Path    string // from the root of the repository, with slashes
	Blocks  []Block
	Links   []Link
	Anchors []string // of headings, as GitHub makes them, and of <a id="...">
}

// Block is a fenced block.
type Block struct {
	Line     int    // of its first line of text
	Language string // the first word behind the fence; empty where there is none
	Text     string // ends with a line feed
	Excuse   string // why it is not tried; empty: it is
	Under    string // the anchor of the heading that it stands under
}

// Link is a link or an image.
type Link struct {
	Line int // of the paragraph, heading or row that it begins in
	To   string
}

// skipped are directories that have no documents of ours.
var skipped = []string{".git", "bin", "dist", "node_modules", "testdata"}

// All are the paths of all documents below the root, sorted, as Read takes them.
func All(root string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains(skipped, entry.Name()) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			below, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			found = append(found, filepath.ToSlash(below))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for documents in %s: %w", root, err)
	}
	return found, nil
}

// Read reads the document at the path below the root.
func Read(root, path string) (*Page, error) {
	source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return nil, fmt.Errorf("reading a document: %w", err)
	}
	p := &Page{Path: path}
	r := reader{page: p, source: source, used: map[string]int{}}
	tree := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source))
	return p, ast.Walk(tree, r.visit)
}

type reader struct {
	page   *Page
	source []byte
	under  string
	used   map[string]int
}

var (
	excuse = regexp.MustCompile(`^<!-- not run: (.+) -->\s*$`)
	named  = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
)

func (r *reader) visit(node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	switch n := node.(type) {
	case *ast.Heading:
		r.under = r.anchor(r.words(n))
		r.page.Anchors = append(r.page.Anchors, r.under)
	case *ast.FencedCodeBlock:
		r.block(n)
	case *ast.Link:
		r.link(n, n.Destination)
	case *ast.Image:
		r.link(n, n.Destination)
	case *ast.HTMLBlock:
		r.name(string(n.Lines().Value(r.source)))
	case *ast.RawHTML:
		r.name(string(n.Segments.Value(r.source)))
	}
	return ast.WalkContinue, nil
}

func (r *reader) name(html string) {
	for _, match := range named.FindAllStringSubmatch(html, -1) {
		r.page.Anchors = append(r.page.Anchors, match[1])
	}
}

func (r *reader) block(n *ast.FencedCodeBlock) {
	if n.Lines().Len() == 0 {
		return
	}
	b := Block{Language: string(n.Language(r.source)), Text: string(n.Lines().Value(r.source)), Under: r.under}
	b.Line = r.line(n.Lines().At(0).Start)
	if above, is := n.PreviousSibling().(*ast.HTMLBlock); is {
		if match := excuse.FindSubmatch(above.Lines().Value(r.source)); match != nil {
			b.Excuse = string(match[1])
		}
	}
	r.page.Blocks = append(r.page.Blocks, b)
}

func (r *reader) link(node ast.Node, to []byte) {
	around := node.Parent()
	for around.Type() != ast.TypeBlock || around.Lines().Len() == 0 {
		if around = around.Parent(); around == nil {
			return
		}
	}
	r.page.Links = append(r.page.Links, Link{Line: r.line(around.Lines().At(0).Start), To: string(to)})
}

// line is the number of the line that has the byte.
func (r *reader) line(at int) int { return 1 + strings.Count(string(r.source[:at]), "\n") }

// words is the text of a heading, without its marks.
func (r *reader) words(node ast.Node) string {
	var words strings.Builder
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if t, is := child.(*ast.Text); is {
			words.Write(t.Segment.Value(r.source))
			continue
		}
		words.WriteString(r.words(child))
	}
	return words.String()
}

var unfit = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)

// anchor is what GitHub makes of a heading; the second of a name gets a number.
func (r *reader) anchor(heading string) string {
	name := strings.ReplaceAll(unfit.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""), " ", "-")
	n := r.used[name]
	r.used[name]++
	if n > 0 {
		return fmt.Sprintf("%s-%d", name, n)
	}
	return name
}
