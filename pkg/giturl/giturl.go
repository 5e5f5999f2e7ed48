// Package giturl tells which URLs are of one git repository.
package giturl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scp is how ssh names what is on a host: user@host:path.
var scp = regexp.MustCompile(`^(?:[^/@]+@)?([^/:@]+):([^/].*|/.*)$`)

// Place returns what two URLs of one repository have in common: host and path. How it is reached, and
// as whom, does not tell repositories apart.
func Place(address string) string {
	address = strings.TrimSpace(address)
	host, path := "", address
	if parsed, err := url.Parse(address); err == nil && parsed.Scheme != "" && strings.Contains(address, "://") {
		host, path = hostOf(parsed), parsed.Path
	} else if found := scp.FindStringSubmatch(address); found != nil {
		host, path = strings.ToLower(found[1]), found[2]
	}
	path = strings.TrimRight(path, "/")
	path = strings.TrimRight(strings.TrimSuffix(path, ".git"), "/")
	if host == "" {
		return path // of this machine
	}
	return host + "/" + strings.TrimLeft(path, "/")
}

// hostOf returns the host of a URL, with its port unless every URL of the scheme has it.
func hostOf(of *url.URL) string {
	host, port := strings.ToLower(of.Hostname()), of.Port()
	if port == "" || slices.Contains([]string{"22", "80", "443", "9418"}, port) {
		return host
	}
	return host + ":" + port
}
