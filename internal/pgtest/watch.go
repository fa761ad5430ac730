package pgtest

import (
	"os"
	"os/exec"
)

// The watcher outlives the test process, and ends its server. It reads a pipe
// whose other end only the test process has: it hears of the end however that
// came. The server is crashed, for nobody needs its data, and looked for until it
// is gone: it may be about to start. A pid file that a crash has left says nothing
// about the process that has its number now; that one is somewhere else.
const watch = `
read -r line
tries=100
while [ $tries -gt 0 ]; do
	tries=$((tries - 1))
	pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
	if [ -n "$pid" ] && kill -0 "$pid" && { [ ! -e /proc/self ] || [ "/proc/$pid/cwd" -ef "$1/data" ]; }; then
		kill -QUIT "$pid"
		kill -CONT "$pid"
	else
		rm -rf "$1" && exit
	fi
	sleep 0.1 || sleep 1
done
rm -rf "$1"
`

// watcher ends the server of a folder, and removes the folder, when the test
// process ends or asks for it.
type watcher struct {
	pipe *os.File
	cmd  *exec.Cmd
}

func startWatcher(dir string) (*watcher, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", watch, "sh", dir)
	cmd.Dir, cmd.Stdin = "/", r
	detach(cmd) // an interrupt from the terminal isn't for it
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	return &watcher{w, cmd}, nil
}

// end returns when all is gone.
func (w *watcher) end() error {
	w.pipe.Close()
	return w.cmd.Wait()
}
