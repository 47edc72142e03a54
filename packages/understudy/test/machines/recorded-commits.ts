// The last commit of an engine's own state (`segments_N`), as real engines wrote it: Elasticsearch 9.5.3 and OpenSearch 3.4.0, each
// started with its package's settings alone (`alone`), with seed hosts that nobody answered on (`lonely`), and as a cluster's first node.
export const recordedCommits = {
  elasticsearch: {
    alone:
      'P9dsFwhzZWdtZW50cwAAAArtbeVq2OuLD47+++zbmykQATkKBQEKAAAAAAAAACkGAAAAAQoFAQJfNe1t5WrY64sPjv777NubKQ0JTHVjZW5lMTA0//////////8AAAAA/////////////////////wAAAAAB7W3latjriw+O/vvs25spDwAAAAAABxRvbGRlc3RfaW5kZXhfdmVyc2lvbgc5MTExMDAwDGNsdXN0ZXJfdXVpZBZPaFBrcDFyelM3ZTlOdmdDZWJZVnVnDG5vZGVfdmVyc2lvbgc5MDUwMzk5FWxhc3RfYWNjZXB0ZWRfdmVyc2lvbgE1FmNsdXN0ZXJfdXVpZF9jb21taXR0ZWQEdHJ1ZQxjdXJyZW50X3Rlcm0BMQdub2RlX2lkFjZiamU4b2w1VG9PUmtrYnZOeDJCT2fAKJPoAAAAAAAAAADC5lgV',
    lonely:
      'P9dsFwhzZWdtZW50cwAAAArO8Zdl+lCSZf+W0bVixe2XATEKBQEKAAAAAAAAAAYBAAAAAQoFAQJfMM7xl2X6UJJl/5bRtWLF7ZQJTHVjZW5lMTA0//////////8AAAAA/////////////////////wAAAAABzvGXZfpQkmX/ltG1YsXtlgAAAAAABxRvbGRlc3RfaW5kZXhfdmVyc2lvbgc5MTExMDAwDGNsdXN0ZXJfdXVpZARfbmFfDG5vZGVfdmVyc2lvbgc5MDUwMzk5FWxhc3RfYWNjZXB0ZWRfdmVyc2lvbgEwFmNsdXN0ZXJfdXVpZF9jb21taXR0ZWQFZmFsc2UMY3VycmVudF90ZXJtATAHbm9kZV9pZBZJYlg2dWVlQVQ0T2hTZ25XS210QnVRwCiT6AAAAAAAAAAAO+QlWQ==',
    formed:
      'P9dsFwhzZWdtZW50cwAAAAoAxn1qugPf3faGF5OwcSmHAWkKBQEKAAAAAAAAAFsPAAAAAQoFAQJfZQDGfWq6A9/d9oYXk7BxKYQJTHVjZW5lMTA0//////////8AAAAA/////////////////////wAAAAABAMZ9aroD3932hheTsHEphgAAAAAABxRvbGRlc3RfaW5kZXhfdmVyc2lvbgc5MTExMDAwDGNsdXN0ZXJfdXVpZBY0NE5IbzZYS1IxYUZDQnl1UVRCcDFBDG5vZGVfdmVyc2lvbgc5MDUwMzk5FWxhc3RfYWNjZXB0ZWRfdmVyc2lvbgIxNBZjbHVzdGVyX3V1aWRfY29tbWl0dGVkBHRydWUMY3VycmVudF90ZXJtATEHbm9kZV9pZBZUTW01ekM3ZlNRYVlCNS1SNWs3ajBBwCiT6AAAAAAAAAAAzkCMMA==',
  },
  opensearch: {
    alone:
      'P9dsFwhzZWdtZW50cwAAAApgILwa7FxZ/oLqbTUgTHcaATYKAwIKAAAAAAAAABsEAAAAAQoDAgJfM2AgvBrsXFn+guptNSBMdxYJTHVjZW5lMTAz//////////8AAAAA/////////////////////wAAAAABYCC8GuxcWf6C6m01IEx3GAAAAAAABAxub2RlX3ZlcnNpb24JMTM3MjU3ODI3FWxhc3RfYWNjZXB0ZWRfdmVyc2lvbgEyDGN1cnJlbnRfdGVybQExB25vZGVfaWQWSy13a0RhQThTZks5cE5Oa3o5cFBMUcAok+gAAAAAAAAAAOx3/Qw=',
    lonely:
      'P9dsFwhzZWdtZW50cwAAAApfBlRXL/GqKD8yH6thQft+ATEKAwIKAAAAAAAAAAYBAAAAAQoDAgJfMF8GVFcv8aooPzIfq2FB+3sJTHVjZW5lMTAz//////////8AAAAA/////////////////////wAAAAABXwZUVy/xqig/Mh+rYUH7fQAAAAAABAxub2RlX3ZlcnNpb24JMTM3MjU3ODI3FWxhc3RfYWNjZXB0ZWRfdmVyc2lvbgEwDGN1cnJlbnRfdGVybQEwB25vZGVfaWQWZDYyc052M1ZTa202YlNOclhvdWhzd8Aok+gAAAAAAAAAACAYd1I=',
    formed:
      'P9dsFwhzZWdtZW50cwAAAArIKg2ybtfWRl8Ey+i/tgB9ATgKAwIKAAAAAAAAACUGAAAAAgoDAgJfM8gqDbJu19ZGXwTL6L+2AG8JTHVjZW5lMTAz//////////8AAAAA/////////////////////wAAAAAByCoNsm7X1kZfBMvov7YAcQAAAAAAAl81yCoNsm7X1kZfBMvov7YAeglMdWNlbmUxMDP//////////wAAAAD/////////////////////AAAAAAHIKg2ybtfWRl8Ey+i/tgB8AAAAAAAEDG5vZGVfdmVyc2lvbgkxMzcyNTc4MjcVbGFzdF9hY2NlcHRlZF92ZXJzaW9uATQMY3VycmVudF90ZXJtATEHbm9kZV9pZBZqWVRNU3dUMFM4V3hTdGJYandXaDJRwCiT6AAAAAAAAAAAkWrhKA==',
  },
} as const;
