import Reconcilers
import Store
import Testing

@testable import Controller

@Suite("Configuration of roll-ups")
struct ConfigurationRollUpTests {
    @Test("all keys are read, and names of clusters may have dots")
    func values() throws {
        let found = try configuration(
            """
            scaleops: {baseUrl: "https://scaleops.example.com"}
            callboard:
              costs:
                rollUpInterval: 60
                primary: scaleops
                primaryByCluster: {eu.example: scaleops, us: estimate}
                retention: {hourlyDays: 14, dailyDays: 90}
            """)
        let settings = found.costRollUp
        #expect(found.warnings.filter { $0.contains("costs") }.isEmpty)
        #expect(settings.interval == .seconds(60) && settings.primary == .scaleops)
        #expect(settings.primaryByCluster == ["eu.example": .scaleops, "us": .estimate])
        #expect(settings.retention.hourly == 14 && settings.retention.daily == 90)
    }

    @Test("what is left out has its default")
    func defaults() throws {
        let settings = try configuration("{}").costRollUp
        #expect(settings.interval == .seconds(300) && settings.primary == .estimate)
        #expect(settings.primaryByCluster.isEmpty)
        #expect(settings.retention.hourly == 35 && settings.retention.daily == 400)
    }

    @Test(
        "what cannot be used is refused with its path and what was expected",
        arguments: [
            ("primary: kubecost", "callboard.costs.primary", "a source that is configured (estimate)"),
            ("primary: scaleops", "callboard.costs.primary", "a source that is configured (estimate)"),
            ("primaryByCluster: {eu: kubecost}", "callboard.costs.primaryByCluster", "eu: expected a source"),
            ("primaryByCluster: {eu: 1}", "callboard.costs.primaryByCluster", "eu: expected the name of a source"),
            ("primaryByCluster: scaleops", "callboard.costs.primaryByCluster", "an object"),
            ("rollUpInterval: 1", "callboard.costs.rollUpInterval", "10"),
            ("retention: {hourlyDays: 1}", "callboard.costs.retention.hourlyDays", "2"),
            ("retention: {dailyDays: 20}", "callboard.costs.retention.dailyDays", "at least retention.hourlyDays (35)"),
        ])
    func refused(text: String, path: String, words: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration("callboard: {costs: {\(text)}}")
        }
        #expect(error?.path == path && error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
