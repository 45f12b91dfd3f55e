package s3server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Programs are the servers that [StartProgram] knows: MinIO, which forgets an upload that
// is completed, and rclone, which keeps pending ones in its memory.
var Programs = []string{"minio", "rclone"}

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 10 * time.Second
)

// StartProgram runs one of [Programs], which must be installed, over the folder dir.
func StartProgram(ctx context.Context, name, dir string) (*Server, error) {
	if !slices.Contains(Programs, name) {
		return nil, fmt.Errorf("s3server: no program %q, but one of %q", name, Programs)
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := newServer()
	cmd, err := s.program(name, dir, addr)
	if err != nil {
		return nil, err
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("s3server: %s: %w", name, err)
	}
	var end error
	done := make(chan struct{}) // closed when it has ended, with end
	go func() {
		end = cmd.Wait()
		close(done)
	}()
	s.Endpoint = "http://" + addr
	s.close = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
			return nil
		case <-time.After(stopTimeout):
		}
		err := cmd.Process.Kill()
		<-done
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			if err = s.createBucket(ctx, s.Bucket); err == nil {
				return s, nil
			}
		}
		select {
		case <-done:
			return nil, fmt.Errorf("s3server: %s: %w\n%s", name, end, &said)
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("s3server: %s does not answer", name), s.Close())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// program is the command that serves dir at addr, and asks nobody for updates.
func (s *Server) program(name, dir, addr string) (*exec.Cmd, error) {
	objects := filepath.Join(dir, "objects")
	if err := os.MkdirAll(objects, 0o700); err != nil {
		return nil, err
	}
	switch name {
	case "minio":
		console, err := freeAddress()
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(name, "server", "--quiet", "--address", addr, "--console-address", console, objects)
		cmd.Env = append(os.Environ(), "MINIO_ROOT_USER="+s.AccessKey, "MINIO_ROOT_PASSWORD="+s.SecretKey, "MINIO_UPDATE=off", "MINIO_BROWSER=off")
		return cmd, nil
	default:
		return exec.Command(name, "serve", "s3", "--addr", addr, "--auth-key", s.AccessKey+","+s.SecretKey,
			"--config", os.DevNull, "--cache-dir", filepath.Join(dir, "cache"), "--vfs-cache-mode", "full", objects), nil
	}
}
