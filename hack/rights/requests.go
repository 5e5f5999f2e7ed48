package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// accounts is how the users of the service accounts of an installation begin.
const accounts = "system:serviceaccount:seawall-system:"

// longest is how long a line of an audit log may be.
const longest = 16 << 20

// event is what is read of a line of an audit log.
type event struct {
	Verb string `json:"verb"`
	User user   `json:"user"`
	// Impersonated is as whom the user asks; nobody for itself.
	Impersonated user `json:"impersonatedUser"`
	ObjectRef    struct {
		APIGroup    string `json:"apiGroup"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
}

type user struct {
	Username string `json:"username"`
}

// requests returns what the accounts have done, by the audit logs of a directory.
func requests(directory string) ([]right, error) {
	files, err := filepath.Glob(filepath.Join(directory, "*.log"))
	if err != nil {
		return nil, err
	}
	seen := map[right]bool{}
	for _, file := range files {
		if err := read(file, seen); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(seen) == 0 {
		return nil, errors.New("no audit log in " + directory + " has a request of Seawall")
	}
	used := make([]right, 0, len(seen))
	for one := range seen {
		used = append(used, one)
	}
	slices.SortFunc(used, func(a, b right) int { return strings.Compare(a.String(), b.String()) })
	return used, nil
}

func read(file string, seen map[right]bool) error {
	opened, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	lines := bufio.NewScanner(opened)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var of event
		if json.Unmarshal(lines.Bytes(), &of) != nil {
			continue // an API server that was killed ends within one
		}
		account, is := strings.CutPrefix(of.User.Username, accounts)
		if !is || of.ObjectRef.Resource == "" {
			continue
		}
		if as, other := strings.CutPrefix(of.Impersonated.Username, accounts); other {
			seen[right{account, "impersonate", "", "serviceaccounts"}] = true
			account = as
		}
		resource := of.ObjectRef.Resource
		if of.ObjectRef.Subresource != "" {
			resource += "/" + of.ObjectRef.Subresource
		}
		seen[right{account, of.Verb, of.ObjectRef.APIGroup, resource}] = true
	}
	return lines.Err()
}
