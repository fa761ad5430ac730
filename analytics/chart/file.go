package chart

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strings"
)

//go:embed file.css
var fileStyle string

// The layout of a file, in pixels.
const (
	fileWidth, fileHeight = 800, 320
	fileLeft, fileTop     = 64, 64
	fileRight, fileBottom = 16, 36
)

// WriteSVG writes the graph as a file of its own, 800 by 320 pixels, which an img element
// or a document may hold. Its colours follow the reader's dark mode where the program that
// shows it does. The file holds no script, and loads nothing.
func (g Graph) WriteSVG(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s"><style>%s</style>`,
		fileWidth, fileHeight, fileWidth, fileHeight, clean(g.Summary()), fileStyle)
	fmt.Fprintf(&b, `<rect class="paper" width="%d" height="%d" rx="8"/><text class="title" x="16" y="28">%s</text>`, fileWidth, fileHeight, clean(g.Title))
	g.fileLegend(&b)
	ticks := g.axis()
	p := plane{width: fileWidth - fileLeft - fileRight, height: fileHeight - fileTop - fileBottom, top: ticks[len(ticks)-1]}
	for _, t := range ticks {
		fmt.Fprintf(&b, `<text class="at-y" x="%d" y="%s">%s</text>`, fileLeft-8, num(fileTop+p.y(t)+4), clean(g.say(t)))
	}
	for i, label := range g.Labels {
		if wide, _ := g.labelled(i); wide {
			fmt.Fprintf(&b, `<text class="at-x" x="%s" y="%d">%s</text>`, num(fileLeft+p.x(i, len(g.Labels))), fileHeight-14, clean(label))
		}
	}
	fmt.Fprintf(&b, `<g transform="translate(%d %d)">%s</g></svg>`, fileLeft, fileTop, g.shapes(p))
	_, err := w.Write(b.Bytes())
	return err
}

// fileLegend names the series, from left to right. How wide a name gets isn't known
// here: seven pixels a letter is enough for most.
func (g *Graph) fileLegend(b *bytes.Buffer) {
	x := 16
	for n, s := range g.Series {
		fmt.Fprintf(b, `<line class="graph-line %s" x1="%d" x2="%d" y1="46" y2="46"/><text class="name" x="%d" y="50">%s</text>`, g.class(n), x, x+18, x+24, clean(s.Name))
		x += 44 + 7*len([]rune(s.Name))
	}
}

// clean escapes a text for XML, and drops what XML has no way to write.
func clean(s string) string {
	return escape(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�")))
}
