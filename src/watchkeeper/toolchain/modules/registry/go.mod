module watchkeeper/tools/registry

go 1.23.7

require github.com/distribution/distribution/v3 v3.0.0
