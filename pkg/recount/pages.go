package recount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// firstPage is how many rollouts are asked for before it is known how large they are,
	// largestPage how many at most.
	firstPage   = 50
	largestPage = 500
	// pageBytes is about how large a page is: with it, not with the number of rollouts, grows
	// the memory that a list takes.
	pageBytes = 4 << 20
	// mostExpired is how often one page may have expired before the list fails.
	mostExpired = 3
)

// all yields every rollout of a kind, ordered by namespace and name. An error, such as
// errNotServed, is the last that it yields.
func (r *Rollouts) all(ctx context.Context, kind rollout.Kind) iter.Seq2[existing, error] {
	return func(yield func(existing, error) bool) {
		err := r.versions(kind, func(version string) error {
			return (&list{rollouts: r, kind: kind, version: version, limit: firstPage}).pages(ctx, yield)
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(existing{}, err)
		}
	}
}

// errStopped says that nobody wants more.
var errStopped = errors.New("stopped")

// list is one that is under way.
type list struct {
	rollouts *Rollouts
	kind     rollout.Kind
	version  string
	// limit is how many rollouts to ask for, and next where they go on; empty at the beginning.
	limit int
	next  string
	// last is the rollout that was yielded last, and unordered says that they do not come by
	// namespace and name. again says that the list has begun once more, so that those up to last
	// are not yielded twice.
	last             string
	unordered, again bool
	// expired is how often the page that is asked for has.
	expired int
}

// page is what the API server answers.
type page struct {
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// pages yields all rollouts, page by page.
func (l *list) pages(ctx context.Context, yield func(existing, error) bool) error {
	for {
		found, size, err := l.page(ctx)
		if err != nil && l.resumes(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := l.each(found.Items, yield); err != nil {
			return err
		}
		if l.next = found.Metadata.Continue; l.next == "" {
			return nil
		}
		l.limit = nextPage(len(found.Items), size)
		if !l.again {
			l.expired = 0
		}
	}
}

// each yields the rollouts of a page.
func (l *list) each(items []json.RawMessage, yield func(existing, error) bool) error {
	for _, item := range items {
		parsed, err := parse(item)
		if err != nil {
			return err
		}
		if !l.passed(parsed) && !yield(parsed, nil) {
			return errStopped
		}
	}
	return nil
}

// page asks for the next one, and returns its size in bytes, too.
func (l *list) page(ctx context.Context) (found page, size int, err error) {
	request := l.rollouts.client.Get().AbsPath("/apis", l.kind.Group, l.version, l.kind.Resource).Param("limit", strconv.Itoa(l.limit))
	if l.next != "" {
		request.Param("continue", l.next)
	}
	answer := request.Do(ctx)
	if err := answer.Error(); err != nil { // that of Raw lacks where to go on
		return page{}, 0, err
	}
	raw, err := answer.Raw()
	if err != nil {
		return page{}, 0, err
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return page{}, 0, fmt.Errorf("reading a list of %s: %w", l.kind.Resource, err)
	}
	return found, len(raw), nil
}

// resumes tells whether the list goes on after an error. An API server forgets how things were some
// minutes ago, which a slow round may take. It then says where what there is now goes on after the
// same name; from one that does not say so, the list is read again from the beginning, up to that
// name for nothing. What was written meanwhile is judged anyway, because it was written.
func (l *list) resumes(err error) bool {
	if !apierrors.IsResourceExpired(err) || l.expired == mostExpired {
		return false
	}
	l.expired++
	if status := apierrors.APIStatus(nil); errors.As(err, &status) && status.Status().Continue != "" {
		l.next = status.Status().Continue
		return true
	}
	if l.next == "" || l.unordered {
		return false
	}
	l.next, l.again = "", true
	return true
}

// passed tells whether a rollout has been yielded before, and takes note of it.
func (l *list) passed(found existing) bool {
	name := found.Metadata.Namespace + "/" + found.Metadata.Name // as they are stored
	if name <= l.last {
		l.unordered = l.unordered || !l.again
		return l.again
	}
	l.last, l.again = name, false
	return false
}

// nextPage returns how many rollouts to ask for after so many took so many bytes.
func nextPage(items, bytes int) int {
	if items == 0 {
		return firstPage
	}
	return min(max(items*pageBytes/bytes, 1), largestPage)
}
