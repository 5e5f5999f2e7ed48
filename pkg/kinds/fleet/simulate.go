package fleet

import (
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/budget"
)

// state is how far one cluster is.
type state int

const (
	// upToDate: the write does not affect the cluster.
	upToDate state = iota
	// fresh: nothing is deployed yet; the first deployment waits for no window.
	fresh
	// outdated: the cluster waits for room among the unavailable ones.
	outdated
	// paused: the cluster is out of date and stays so.
	paused
	// syncing: the cluster was started and counts as unavailable.
	syncing
)

// simulation runs Fleet's loop over the partitions (its target/partition.go) under the
// assumption that clusters become ready one by one, in the order in which they started.
type simulation struct {
	account    *budget.Account
	states     []state
	partitions []partition
	// limit bounds the unavailable clusters, blocked the partitions that have more than
	// their limit of clusters out of date: past it Fleet does not look at the next one.
	limit, blocked int

	progress []progress
	within   [][]int // the partitions of each cluster
	queue    []int   // the clusters that are syncing, the oldest first
	waiting  int     // how many clusters could start and have not
}

type progress struct {
	reached                 bool
	next                    int // the first member that may wait for the window
	unavailable, outOfDates int
}

func (s *strategy) simulate(account *budget.Account, clusters []cluster, states []state) (*simulation, error) {
	partitions, err := s.partitions(account, clusters)
	if err != nil {
		return nil, err
	}
	run := &simulation{
		account: account, states: states, partitions: partitions,
		progress: make([]progress, len(partitions)), within: make([][]int, len(states)),
	}
	if run.limit, err = limit(strategyPath+".maxUnavailable", len(clusters), s.MaxUnavailable); err != nil {
		return nil, err
	}
	allowed := s.MaxUnavailablePartitions
	if allowed == nil {
		none := intstr.FromInt32(defaultPartitions)
		allowed = &none
	}
	if run.blocked, err = limit(strategyPath+".maxUnavailablePartitions", len(partitions), allowed); err != nil {
		return nil, err
	}
	run.enlist()
	return run, nil
}

func (s *simulation) enlist() {
	first := make([]int, len(s.states)) // most are in one partition
	for member := range s.within {
		s.within[member] = first[member : member : member+1]
	}
	for p, partition := range s.partitions {
		for _, member := range partition.members {
			if len(s.within[member]) == 0 && (s.states[member] == fresh || s.states[member] == outdated) {
				s.waiting++
			}
			s.within[member] = append(s.within[member], p)
			if s.states[member] != upToDate {
				s.progress[p].outOfDates++
			}
		}
	}
}

// peak returns how many clusters sync together at first, and the largest number that do.
func (s *simulation) peak() (first, most int, err error) {
	for {
		s.reconcile()
		if most == 0 {
			first = len(s.queue)
		}
		most = max(most, len(s.queue))
		if s.waiting == 0 || len(s.queue) == 0 {
			return first, most, nil
		}
		if err := s.account.Work(len(s.partitions)); err != nil {
			return 0, 0, err
		}
		s.finish()
	}
}

// reconcile starts every cluster that Fleet would start now. Fleet counts what is
// unavailable before it starts any: in the same round a window is filled beside first
// deployments, and beside what another partition starts of the same clusters.
func (s *simulation) reconcile() {
	before, updated, blocked := len(s.queue), 0, 0
	for p := range s.partitions {
		s.startFresh(p)
		updated += s.update(p, s.limit-before-updated)
		if s.progress[p].outOfDates > s.partitions[p].limit {
			blocked++
		}
		if blocked > s.blocked {
			break
		}
	}
	for _, member := range s.queue[before:] {
		for _, p := range s.within[member] {
			s.progress[p].unavailable++
		}
	}
}

func (s *simulation) startFresh(p int) {
	if s.progress[p].reached {
		return
	}
	s.progress[p].reached = true
	for _, member := range s.partitions[p].members {
		if s.states[member] == fresh {
			s.sync(member)
		}
	}
}

// update starts as many outdated clusters of a partition as there is room for in all and in
// the partition, and returns their number.
func (s *simulation) update(p, room int) int {
	started, progress := 0, &s.progress[p]
	room = min(room, s.partitions[p].limit-progress.unavailable)
	for ; progress.next < len(s.partitions[p].members); progress.next++ {
		member := s.partitions[p].members[progress.next]
		if s.states[member] != outdated {
			continue
		}
		if started >= room {
			break
		}
		s.sync(member)
		started++
	}
	return started
}

func (s *simulation) sync(member int) {
	s.states[member] = syncing
	s.queue = append(s.queue, member)
	s.waiting--
}

// finish makes the oldest cluster that is syncing ready.
func (s *simulation) finish() {
	member := s.queue[0]
	s.queue = s.queue[1:]
	s.states[member] = upToDate
	for _, p := range s.within[member] {
		s.progress[p].unavailable--
		s.progress[p].outOfDates--
	}
}
