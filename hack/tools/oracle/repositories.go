package main

import (
	"context"
	"fmt"

	"github.com/argoproj/argo-cd/v3/applicationset/services"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	reposervercache "github.com/argoproj/argo-cd/v3/reposerver/cache"
	"github.com/argoproj/argo-cd/v3/reposerver/metrics"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	cacheutil "github.com/argoproj/argo-cd/v3/util/cache"
	"github.com/argoproj/argo-cd/v3/util/git"
)

// repositories are those of a question, by their URLs, which Argo CD's own repo-server reads from folders.
type repositories struct {
	folders map[string]string
	server  *repository.Service
}

var _ services.Repos = repositories{}

// newServer returns a repo-server, which checks out into a folder.
func newServer(scratch string) (*repository.Service, error) {
	cache := cacheutil.NewCache(cacheutil.NewInMemoryCache(0))
	server := repository.NewService(metrics.NewMetricsServer(), reposervercache.NewCache(cache, 0, 0, 0),
		repository.RepoServerInitConstants{ParallelismLimit: 1}, &git.NoopCredsStore{}, scratch)
	return server, server.Init()
}

// GetFiles implements services.Repos.
func (r repositories) GetFiles(
	ctx context.Context, url, revision, _, pattern string, _ bool, _ *v1alpha1.SourceIntegrity,
) (map[string][]byte, error) {
	repo, err := r.repo(url)
	if err != nil {
		return nil, err
	}
	answered, err := r.server.GetGitFiles(ctx, &apiclient.GitFilesRequest{
		Repo: repo, Revision: revision, Path: pattern, NoRevisionCache: true,
	})
	return answered.GetMap(), err
}

// GetDirectories implements services.Repos.
func (r repositories) GetDirectories(
	ctx context.Context, url, revision, _ string, _ bool, _ *v1alpha1.SourceIntegrity,
) ([]string, error) {
	repo, err := r.repo(url)
	if err != nil {
		return nil, err
	}
	answered, err := r.server.GetGitDirectories(ctx, &apiclient.GitDirectoriesRequest{Repo: repo, Revision: revision, NoRevisionCache: true})
	return answered.GetPaths(), err
}

func (r repositories) repo(url string) (*v1alpha1.Repository, error) {
	folder, found := r.folders[url]
	if !found {
		return nil, fmt.Errorf("there is no repository %s", url)
	}
	return &v1alpha1.Repository{Repo: "file://" + folder}, nil
}
