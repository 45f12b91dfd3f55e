package proxies_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// proxy is one that the guide shows.
type proxy struct {
	name string // as its block in the guide says
	// prepare writes the configuration, in which the guide's block stands, into dir and
	// returns the command that runs it in the foreground.
	prepare func(dir, block string, port string) (*exec.Cmd, error)
}

var all = []proxy{
	{"nginx", func(dir, block, _ string) (*exec.Cmd, error) {
		var temporary strings.Builder
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			fmt.Fprintf(&temporary, "%s_temp_path %s/%s;\n", kind, dir, kind)
		}
		config := fmt.Sprintf("user root;\ndaemon off;\npid %s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n", dir, &temporary, block)
		return exec.Command("nginx", "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "config")), write(dir, config)
	}},
	{"haproxy", func(dir, block, _ string) (*exec.Cmd, error) {
		return exec.Command("haproxy", "-db", "-f", filepath.Join(dir, "config")), write(dir, "global\n    maxconn 2000\n\n"+block)
	}},
	{"caddy", func(dir, block, port string) (*exec.Cmd, error) {
		block = strings.Replace(block, "{\n", "{\n\tadmin off\n\tauto_https disable_redirects\n", 1)
		block = strings.Replace(block, "\napi.example.org {", fmt.Sprintf("\nhttps://localhost:%s {\n\ttls %s/api.example.org.pem %[2]s/api.example.org.key", port, dir), 1)
		cmd := exec.Command("caddy", "run", "--adapter", "caddyfile", "--config", filepath.Join(dir, "config"))
		cmd.Env = []string{"HOME=" + dir}
		return cmd, write(dir, block)
	}},
	{"apache", func(dir, block, port string) (*exec.Cmd, error) {
		var config strings.Builder
		for _, module := range strings.Fields("mpm_event authz_core filter deflate headers ssl socache_shmcb http2 proxy proxy_http proxy_balancer slotmem_shm lbmethod_byrequests proxy_hcheck") {
			fmt.Fprintf(&config, "LoadModule %s_module /usr/lib/apache2/modules/mod_%[1]s.so\n", module)
		}
		fmt.Fprintf(&config, "ServerRoot %s\nDefaultRuntimeDir %[1]s\nPidFile %[1]s/pid\nErrorLog %[1]s/log\nUser www-data\nGroup www-data\nServerName localhost\nListen 127.0.0.1:%s\n", dir, port)
		// As Debian enables it.
		config.WriteString("AddOutputFilterByType DEFLATE application/json text/plain\n" + block)
		return exec.Command("apache2", "-D", "FOREGROUND", "-f", filepath.Join(dir, "config")), write(dir, config.String())
	}},
}

func write(dir, config string) error {
	return os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600)
}

// blocks are the configurations in the guide, by the language of their fence.
func blocks() (map[string]string, error) {
	root, err := grapnel.Checkout()
	if err != nil {
		return nil, err
	}
	guide, err := os.ReadFile(filepath.Join(root, "docs", "guides", "behind-a-proxy.md"))
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```([a-z-]+)\n(.*?)```").FindAllSubmatch(guide, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out, err
}

// listener is a proxy that runs; it ends with its test.
type listener struct {
	port  string
	roots *x509.CertPool
	log   *grapnel.Log
}

// start runs a proxy at a port before two servers, with a certificate for localhost.
// Everything else is as the guide has it.
func (p proxy) start(t *testing.T, port, one, two string) *listener {
	t.Helper()
	configs, err := blocks()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir, whose parent a worker without root's rights may not enter.
	dir, err := os.MkdirTemp("", "grapnel-proxy-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l := &listener{port: port, roots: certify(t, dir), log: &grapnel.Log{}}
	block := configs[p.name]
	for _, change := range []struct{ guide, test string }{
		{"127.0.0.1:8080", one}, {"127.0.0.1:8081", two},
		{"/etc/ssl/", dir + "/"}, {"listen 443", "listen 127.0.0.1:" + l.port}, {"bind :443", "bind 127.0.0.1:" + l.port}, {"*:443", "127.0.0.1:" + l.port},
	} {
		block = strings.ReplaceAll(block, change.guide, change.test)
	}
	if !strings.Contains(block, one) || !strings.Contains(block, two) {
		t.Fatalf("the guide has no configuration of %s for two servers", p.name)
	}
	cmd, err := p.prepare(dir, block, l.port)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = l.log, l.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("%s said: %s%s", p.name, l.log, text)
		}
	})
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+l.port, &tls.Config{RootCAs: l.roots, ServerName: "localhost"})
		if err == nil {
			conn.Close()
			return l
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended: %v", p.name, err)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", p.name, err)
		}
	}
}

// freePort is a port that nobody listens at. No proxy tells which one it got.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// certify writes a certificate for localhost and its key, together and apart.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	for name, text := range map[string][]byte{"api.example.org.pem": bytes.Join([][]byte{certificate, private}, nil), "api.example.org.key": private} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return roots
}
