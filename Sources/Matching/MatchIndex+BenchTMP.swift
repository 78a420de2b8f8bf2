extension MatchIndex { package func benchmarkMatches(_ keys: [WorkloadKey]) -> Int { var n = 0; for e in workloads.elements.indices { n &+= matches(Int32(e)).count }; return n } }
