import Testing

@testable import CatalogSources

@Suite("Clusters that are expected")
struct ExpectedClustersTests {
    @Test("one that lacks is expected for a minute from the first look that lacks it, however late that is")
    func lacking() {
        var expected = ExpectedClusters()
        expected.look(["a", "b"], at: .zero)
        expected.look(["a"], at: .seconds(100))
        #expect(expected.names == ["a", "b"])
        expected.look(["a"], at: .seconds(159))
        #expect(expected.names == ["a", "b"])
        expected.look(["a"], at: .seconds(160))
        #expect(expected.names == ["a"])
    }

    @Test("coming back, or not being known, begins the minute anew", arguments: [["a"], nil] as [Set<String>?])
    func interrupted(between: Set<String>?) {
        var expected = ExpectedClusters()
        expected.look(["a"], at: .zero)
        expected.look([], at: .seconds(1))
        expected.look(between, at: .seconds(50))
        expected.look([], at: .seconds(61))
        #expect(expected.names == ["a"])
        expected.look([], at: .seconds(121))
        #expect(expected.names == [])
    }

    @Test("what was never configured may be forgotten when names are known for a minute")
    func settled() {
        var expected = ExpectedClusters()
        #expect(!expected.isSettled(at: .seconds(100)))
        expected.look([], at: .seconds(100))
        #expect(!expected.isSettled(at: .seconds(159)))
        #expect(expected.isSettled(at: .seconds(160)))
        expected.look(nil, at: .seconds(161))
        #expect(!expected.isSettled(at: .seconds(300)))
    }
}
