"""A load from several machines: workers of a Dask cluster send a share each, on one time line.

`driver` is the end that asks. On a worker `tasks` is all that Dask is told to call: functions of
this package, by name, that take bytes and return bytes.
"""
