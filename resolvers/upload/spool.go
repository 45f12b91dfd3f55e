package upload

import (
	"os"

	"github.com/grapnel/grapnel/core"
)

// spool is the one temporary file in which a request holds back parts, one
// after the other. It loses its name at once, so that it is gone with the process.
type spool struct {
	dir   string
	limit int64
	file  *os.File
	named bool  // the file still has its name
	n     int64 // bytes in use
}

// write appends p.
func (s *spool) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if s.n+int64(len(p)) > s.limit {
		return core.Errorf(core.TooLarge, "The files are read in another order than they are sent in, and are too large for that: more than %d bytes.", s.limit)
	}
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "upload-")
		if err != nil {
			return errHeld(err)
		}
		s.file = file
		s.named = os.Remove(file.Name()) != nil // some systems refuse while it is open
	}
	if _, err := s.file.WriteAt(p, s.n); err != nil {
		return errHeld(err)
	}
	s.n += int64(len(p))
	return nil
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		if s.named {
			_ = os.Remove(s.file.Name())
		}
	}
}

// errHeld is a failure of the disk.
func errHeld(err error) error {
	return core.Wrap(core.Unavailable, err, "The file could not be held back.")
}
