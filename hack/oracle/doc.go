// Package oracle compares what Seawall counts of random writes of ApplicationSets with what
// Argo CD's own controller does about them. hack/tools/oracle is that controller, on a cluster in
// memory; the tests here make up the writes, ask both, and print the writes of which they disagree.
package oracle
