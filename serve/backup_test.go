package serve_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An installation is copied, and another one made of the copy; what is there, and what is
// damaged, is refused.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	p := project
	site, copied := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "site.tar.zst")
	run := commands(t, p, site)
	if out, err := run("backup", copied); err == nil || !strings.Contains(err.Error(), "nothing to copy") {
		t.Errorf("without a database: %s %v", out, err)
	}
	if _, err := os.Stat(site); !os.IsNotExist(err) {
		t.Errorf("a backup has made the folder: %v", err)
	}
	if out, err := run("seed", "--users=3", "--posts=30", "--images=4"); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	out, err := run("backup", copied)
	if err != nil || !strings.Contains(out, " and 4 files.") {
		t.Fatalf("%s %v", out, err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode() != 0o600 {
		t.Errorf("the archive: %v %v", info, err)
	}
	if out, err := run("backup", copied); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("onto another one: %s %v", out, err)
	}
	if out, err := run("restore", copied); err == nil || !strings.Contains(err.Error(), "--replace") {
		t.Errorf("onto the site: %s %v", out, err)
	}
	if out, err := run("backup", "ftp://x/y"); err == nil {
		t.Errorf("to ftp: %s", out)
	}

	other := filepath.Join(t.TempDir(), "other")
	run = commands(t, p, other)
	data, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	cut := copied + ".cut"
	if err := os.WriteFile(cut, data[:len(data)-1000], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run("restore", cut); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a part of it: %s %v", out, err)
	}
	if out, err := run("restore", "--verify", copied); err != nil || !strings.Contains(out, "is whole") {
		t.Errorf("verify: %s %v", out, err)
	}
	if _, err := os.Stat(other); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
	if out, err := run("restore", copied); err != nil || !strings.Contains(out, "Restored ") {
		t.Fatalf("%s %v", out, err)
	}
	if out, err := run("check", "--files", "--min-age=0s"); err != nil || !strings.Contains(out, " and 4 files: 0 problems.") {
		t.Errorf("what was restored: %s %v", out, err)
	}
	if out, err := run("migrate", "--dry-run"); err != nil || !strings.Contains(out, "Nothing to change") {
		t.Errorf("after the restore: %s %v", out, err)
	}
	again := copied + ".again"
	if out2, err := run("backup", again); err != nil || strings.TrimPrefix(out2, "Wrote "+again) != strings.TrimPrefix(out, "Wrote "+copied) {
		t.Errorf("%s, then %s %v", out, out2, err)
	}
	if out, err := run("restore", "--replace", again); err != nil {
		t.Errorf("replace: %s %v", out, err)
	}
	if out, err := run("check", "--files", "--min-age=0s"); err != nil {
		t.Errorf("what was replaced: %s %v", out, err)
	}
	objects, err := filepath.Glob(filepath.Join(other, "files", "objects", "*", "*"))
	if err != nil || len(objects) == 0 {
		t.Fatal(objects, err)
	}
	if err := os.Remove(objects[0]); err != nil {
		t.Fatal(err)
	}
	lacking := copied + ".lacking"
	if out, err := run("backup", lacking); err == nil || !strings.Contains(err.Error(), "1 problem") {
		t.Errorf("without the bytes of a file: %s %v", out, err)
	}
	if out, err := run("restore", "--verify", lacking); err != nil || !strings.Contains(out, "It lacks 1 ") {
		t.Errorf("verify what lacks a file: %s %v", out, err)
	}
}
