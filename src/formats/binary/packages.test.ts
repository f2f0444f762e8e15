import { expect, test } from 'vitest';
import { packageOf } from './packages.ts';

test.each([
  ['main.main', 'main'],
  ['net/http.(*Client).Do', 'net/http'],
  ['k8s.io/api/core/v1.(*Pod).Reset.func1', 'k8s.io/api/core/v1'],
  ['gopkg.in/yaml%2ev2.Unmarshal', 'gopkg.in/yaml.v2'],
  ['go.etcd.io/etcd/clientv3.New', 'go.etcd.io/etcd/clientv3'],
  ['slices.SortFunc[go.shape.[]example.dev/a/b.T,go.shape.struct{ }]', 'slices'],
  ['type..eq.k8s.io/api/core/v1.Pod', undefined],
  ['type:.eq.k8s.io/api/core/v1.Pod', undefined],
  ['go.(*struct { net/http.Client }).Do', undefined],
  ['go:buildid', undefined],
  ['callbackasm', undefined],
])('%s is of %s', (symbol, path) => {
  expect(packageOf(symbol)).toBe(path);
});
