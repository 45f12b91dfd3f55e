package seed

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar shows how far one step is: as a bar on a terminal, else as a line for
// each tenth. It is safe for concurrent use.
type bar struct {
	mu        sync.Mutex
	w         io.Writer
	name      string
	at, total int
	told      int // tenths that have a line
	drawn     *progressbar.ProgressBar
}

func newBar(w io.Writer, name string, total int) *bar {
	b := &bar{w: w, name: name, total: total}
	if f, ok := w.(*os.File); ok && total > 0 && term.IsTerminal(int(f.Fd())) {
		b.drawn = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription(fmt.Sprintf("%-6s", name)),
			progressbar.OptionSetWidth(40),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionThrottle(100*time.Millisecond),
		)
	}
	return b
}

func (b *bar) add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(b.at + n)
}

func (b *bar) set(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(n)
}

func (b *bar) show(n int) {
	b.at = n
	if b.drawn != nil {
		_ = b.drawn.Set(n) // a terminal that went away is no reason to stop
		return
	}
	if tenth := 10 * n / max(1, b.total); tenth > b.told {
		b.told = tenth
		fmt.Fprintf(b.w, "%s %d/%d\n", b.name, n, b.total)
	}
}

// close leaves the line of the bar.
func (b *bar) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn != nil {
		fmt.Fprintln(b.w)
	}
}
