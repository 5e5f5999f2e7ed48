package page_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"golang.org/x/net/websocket"

	"github.com/seawall-dev/seawall/pkg/journal"
)

// TestInABrowser opens the page in Chromium, where there is one: what the other tests check of the
// markup, this one sees. It keeps the pictures where SEAWALL_SCREENSHOTS says.
func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium in the PATH: apt-get install chromium")
	}
	found := week(60)
	found.Displaced = 12
	hostileDecision := &found.Decisions[30]
	hostileDecision.User, hostileDecision.Name, hostileDecision.Message = hostile, hostile, hostile
	hostileDecision.OverrideReason = hostile
	tab := open(t, program)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 390} {
			t.Run(fmt.Sprintf("%s at %d", scheme, width), func(t *testing.T) {
				tab.show(t, written(t, found), scheme, width)
				looks(t, tab, scheme, width)
				tab.keep(t, fmt.Sprintf("audit-%s-%d.png", scheme, width), width)
			})
		}
	}
	t.Run("nothing is on the record", func(t *testing.T) {
		empty := &journal.Journal{Read: monday}
		empty.Pick(journal.Filter{})
		tab.show(t, written(t, empty), "light", 390)
		looks(t, tab, "light", 390)
		tab.keep(t, "audit-empty-390.png", 390)
	})
	t.Run("5,000 decisions", func(t *testing.T) {
		text := written(t, week(5000))
		began := time.Now()
		tab.show(t, text, "light", 1280)
		height := tab.evaluate(t, "document.documentElement.scrollHeight")
		t.Logf("loaded and laid out, %v pixels high, in %s", height, time.Since(began).Round(10*time.Millisecond))
		looks(t, tab, "light", 1280)
	})
}

// looks checks what the page became.
func looks(t *testing.T, tab *tab, scheme string, width int) {
	t.Helper()
	g := gomega.NewWithT(t)
	g.Expect(tab.evaluate(t, "document.documentElement.scrollWidth")).To(gomega.BeNumerically("<=", width), "nothing is to be scrolled to the side")
	ground := map[string]string{"light": "rgb(244, 246, 248)", "dark": "rgb(17, 22, 28)"}[scheme]
	g.Expect(tab.evaluate(t, "getComputedStyle(document.body).backgroundColor")).To(gomega.Equal(ground), "its style is the one that its policy permits")
	g.Expect(tab.evaluate(t, "document.scripts.length + document.images.length + performance.getEntriesByType('resource').length")).To(gomega.BeZero())
	g.Expect(tab.evaluate(t, `[...document.querySelectorAll('.chart text')].every(text => text.getBoundingClientRect().height >= 10)`)).To(gomega.BeTrue(), "texts of charts can be read")
	g.Expect(tab.evaluate(t, `[...document.querySelectorAll('table')].every(table => getComputedStyle(table).display != 'none')`)).To(gomega.BeTrue())
	tab.press(t, "Tab")
	g.Expect(tab.evaluate(t, "document.activeElement.className")).To(gomega.Equal("skip"), "the first stop of the keyboard")
	g.Expect(tab.evaluate(t, "document.activeElement.getBoundingClientRect().left >= 0 && getComputedStyle(document.activeElement).outlineStyle == 'solid'")).To(gomega.BeTrue())
	tab.press(t, "Enter")
	g.Expect(tab.evaluate(t, "document.activeElement.id")).To(gomega.Equal("main"))
	for _, event := range tab.events {
		url, _ := event.at("request", "url").(string)
		if event.Method == "Network.requestWillBeSent" {
			g.Expect(url).To(gomega.HavePrefix("file:///"), "no host is asked")
		}
		g.Expect(event.Method).NotTo(gomega.BeElementOf("Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening"), "%v", event.Params)
	}
}

// tab is one page of a browser, by its DevTools protocol.
type tab struct {
	socket *websocket.Conn
	last   int
	events []message
}

// message is what the browser says: an event, or an answer.
type message struct {
	ID     int            `json:"id"`
	Method string         `json:"method"`
	Params map[string]any `json:"params"`
	Result map[string]any `json:"result"`
	Error  map[string]any `json:"error"`
}

func (m message) at(keys ...string) any {
	var value any = m.Params
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// open starts a browser, which ends with the test.
func open(t *testing.T, program string) *tab {
	t.Helper()
	g := gomega.NewWithT(t)
	dir, err := os.MkdirTemp("", "seawall-chromium-") //nolint:usetesting // what a killed browser still writes there fails no test
	g.Expect(err).NotTo(gomega.HaveOccurred())
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--user-data-dir="+dir, "--remote-debugging-port=0", "--remote-allow-origins=*", "about:blank")
	g.Expect(command.Start()).To(gomega.Succeed())
	t.Cleanup(func() {
		cancel()
		_ = command.Wait() // it was killed
		_ = os.RemoveAll(dir)
	})
	var port string
	g.Eventually(func() error {
		text, err := os.ReadFile(filepath.Join(dir, "DevToolsActivePort"))
		port, _, _ = strings.Cut(string(text), "\n")
		return err
	}).WithTimeout(60 * time.Second).Should(gomega.Succeed())
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://127.0.0.1:"+port+"/json/new?about:blank", nil)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	response, err := http.DefaultClient.Do(request)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	var target struct {
		WebSocketDebuggerURL string `json:"webSocketDebuggerUrl"`
	}
	g.Expect(json.NewDecoder(response.Body).Decode(&target)).To(gomega.Succeed())
	socket, err := websocket.Dial(target.WebSocketDebuggerURL, "", "http://127.0.0.1")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	socket.MaxPayloadBytes = 1 << 28
	t.Cleanup(func() { _ = socket.Close() })
	return &tab{socket: socket}
}

// call gives an order and returns the answer; events on the way are kept.
func (b *tab) call(t *testing.T, method string, params map[string]any) map[string]any {
	t.Helper()
	g := gomega.NewWithT(t)
	b.last++
	g.Expect(websocket.JSON.Send(b.socket, map[string]any{"id": b.last, "method": method, "params": params})).To(gomega.Succeed())
	for {
		said := b.receive(t)
		if said.ID == b.last {
			g.Expect(said.Error).To(gomega.BeEmpty(), method)
			return said.Result
		}
	}
}

func (b *tab) receive(t *testing.T) message {
	t.Helper()
	var said message
	g := gomega.NewWithT(t)
	g.Expect(b.socket.SetReadDeadline(time.Now().Add(60 * time.Second))).To(gomega.Succeed())
	g.Expect(websocket.JSON.Receive(b.socket, &said)).To(gomega.Succeed())
	if said.Method != "" {
		b.events = append(b.events, said)
	}
	return said
}

// show loads a page from a file.
func (b *tab) show(t *testing.T, text, scheme string, width int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.html")
	gomega.NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o600)).To(gomega.Succeed())
	b.events = nil
	for _, domain := range []string{"Page", "Network", "Runtime", "Log"} {
		b.call(t, domain+".enable", nil)
	}
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 800})
	b.call(t, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}})
	b.call(t, "Page.navigate", map[string]any{"url": "file://" + path})
	for b.receive(t).Method != "Page.loadEventFired" {
		continue
	}
}

func (b *tab) evaluate(t *testing.T, expression string) any {
	t.Helper()
	result, _ := b.call(t, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true})["result"].(map[string]any)
	return result["value"]
}

func (b *tab) press(t *testing.T, key string) {
	t.Helper()
	params := map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": map[string]int{"Tab": 9, "Enter": 13}[key]}
	if key == "Enter" {
		params["text"] = "\r"
	}
	b.call(t, "Input.dispatchKeyEvent", params)
	params = map[string]any{"type": "keyUp", "key": key, "code": key}
	b.call(t, "Input.dispatchKeyEvent", params)
}

// keep writes a picture of the page's first screens, if somebody wants it.
func (b *tab) keep(t *testing.T, name string, width int) {
	t.Helper()
	dir := os.Getenv("SEAWALL_SCREENSHOTS")
	if dir == "" {
		return
	}
	// What is out of sight is not drawn, but for those who ask.
	b.evaluate(t, "document.activeElement.blur(); scrollTo(0, 0); document.querySelectorAll('.day').forEach(day => day.style.contentVisibility = 'visible')")
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 7000, "deviceScaleFactor": 1, "mobile": width < 800})
	g := gomega.NewWithT(t)
	result := b.call(t, "Page.captureScreenshot", map[string]any{
		"captureBeyondViewport": true, "clip": map[string]any{"x": 0, "y": 0, "width": width, "height": 7000, "scale": 1},
	})
	text, _ := result["data"].(string)
	picture, err := base64.StdEncoding.DecodeString(text)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(os.WriteFile(filepath.Join(dir, name), picture, 0o600)).To(gomega.Succeed())
}
