//go:build !unix

package sqlite

import "os"

// lockFile only holds the file open: SQLite's own locks keep the database
// sound, but a second process is not refused here.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
