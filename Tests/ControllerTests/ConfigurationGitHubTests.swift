import Base
import CatalogSources
import Testing

@testable import Controller

@Suite("Configuration of GitHub")
struct ConfigurationGitHubTests {
    @Test("what is set is read")
    func values() throws {
        let found = try configuration(
            """
            integrations:
              github:
                - {host: github.com, token: '${TOKEN}'}
                - {host: Git.Acme.example, apiBaseUrl: 'https://git.acme.example/api/v3', rawBaseUrl: 'https://raw.acme'}
            catalog:
              providers:
                github:
                  inner:
                    organization: acme
                    host: git.acme.example
                    catalogPath: /services/*/catalog-info.yaml
                    filters:
                      branch: live
                      repository: 'svc-.*'
                      topic: {include: [catalog], exclude: [old, dead]}
                      visibility: [internal, private]
                      allowForks: false
                      allowArchived: true
                    pageSizes: {repositories: 25}
                    schedule: {frequency: {minutes: 35}, timeout: PT3M, initialDelay: 15s, scope: global}
                  outer: {organization: octo, validateLocationsExist: true}
            """, environment: ["TOKEN": "ghp_sesame"])
        let github = found.github
        #expect(github.hosts.map(\.name) == ["github.com", "git.acme.example"])
        #expect(github.hosts.map(\.apiBaseURL) == ["https://api.github.com", "https://git.acme.example/api/v3"])
        #expect(github.hosts.last?.rawBaseURL == "https://raw.acme")
        #expect(github.discoveries.map(\.host) == ["git.acme.example", "github.com"])
        let inner = try #require(github.discoveries.first?.discovery)
        #expect((inner.id, inner.owner, inner.branch, inner.repository) == ("inner", "acme", "live", "svc-.*"))
        #expect(inner.catalogPath.description == "/services/*/catalog-info.yaml" && inner.catalogPath.hasWildcards)
        #expect((inner.includedTopics, inner.excludedTopics) == (["catalog"], ["old", "dead"]))
        #expect(inner.visibility == ["internal", "private"] && !inner.allowsForks && inner.allowsArchived)
        #expect(inner.pageSize == 25)
        #expect(inner.schedule.frequency == .every(.seconds(2_100)) && inner.schedule.timeout == .seconds(180))
        #expect(inner.schedule.initialDelay == .seconds(15))
        let outer = try #require(github.discoveries.last?.discovery)
        #expect((outer.id, outer.catalogPath.description) == ("outer", "/catalog-info.yaml"))
        #expect(outer.allowsForks && !outer.allowsArchived && outer.schedule == PollSchedule())
        #expect(found.warnings.filter { $0.contains("github") }.isEmpty)
    }

    @Test("without the level of the ids there is one provider, called default, on github.com")
    func withoutID() throws {
        let found = try configuration("catalog: {providers: {github: {organization: acme}}}").github
        #expect(found.discoveries.map(\.discovery.id) == ["default"] && found.discoveries.map(\.host) == ["github.com"])
        #expect(found.hosts.map(\.name) == ["github.com"])
        #expect(try configuration("").github.discoveries.isEmpty)
    }

    @Test(
        "what has no effect is told",
        arguments: [
            (
                "catalog: {providers: {github: {one: {organization: a, filters: {topics: [x], branch: b}}}}}",
                "unknown configuration key catalog.providers.github.one.filters.topics is ignored"
            ),
            (
                "integrations: {github: [{host: github.com, token: '${NOT_SET}'}]}",
                "integrations.github[0].token is ignored: the environment variable NOT_SET is not set"
            ),
            (
                "integrations: {github: [{host: github.com, apps: [{appId: 1}]}]}",
                "integrations.github[0].apps has no effect: this version reads GitHub with a token"
            ),
            (
                "integrations: {github: [{host: x, token: t, apiBaseUrl: 'http://x/api'}]}",
                "integrations.github[0].token goes to http://x/api, which is not encrypted; expected https"
            ),
        ])
    func warnings(text: String, expected: String) throws {
        #expect(try configuration(text).warnings.contains(expected))
    }

    @Test(
        "a wrong value is refused with its path and what was expected",
        arguments: [
            ("integrations: {github: [{token: x}]}", "integrations.github[0].host: is missing; expected a host"),
            ("integrations: {github: [{host: 'https://x'}]}", "expected a host such as github.com, without https://"),
            ("integrations: {github: [{host: x}, {host: X}]}", "the host x stands here twice"),
            ("integrations: {github: [{host: x, apiBaseUrl: x}]}", "expected a URL such as"),
            ("integrations: {github: [{host: x, token: \"a\\nb\"}]}", "expected a token without white space"),
            ("catalog: {providers: {github: {a: {app: 5}}}}", "organization: is missing"),
            ("catalog: {providers: {github: {a: {organization: x/y}}}}", "expected the name of an organisation"),
            (
                "catalog: {providers: {github: {a: {organization: x, host: git.x}}}}",
                "catalog.providers.github.a.host: expected a host of integrations.github, found \"git.x\""
            ),
            (
                "catalog: {providers: {github: {a: {organization: x, catalogPath: '*.yaml', validateLocationsExist: true}}}}",
                "expected a catalogPath without wildcards"
            ),
            ("catalog: {providers: {github: {a: {organization: x, filters: {branch: a/b}}}}}", "without a slash"),
            (
                "catalog: {providers: {github: {a: {organization: x, filters: {repository: '('}}}}}",
                "filters.repository: expected a regular expression"
            ),
            (
                "catalog: {providers: {github: {a: {organization: x, filters: {visibility: [secret]}}}}}",
                "expected public, private or internal"
            ),
            (
                "catalog: {providers: {github: {a: {organization: x, pageSizes: {repositories: 101}}}}}",
                "expected a whole number from 1 to 100"
            ),
            ("catalog: {providers: {github: {a.b: {organization: x}}}}", "expected ids without a point"),
            (
                "catalog: {providers: {github: {a: {organization: x, schedule: {scope: here}}}}}",
                "expected global or local"
            ),
        ])
    func refusals(text: String, expected: String) throws {
        let message = try refusal(text)
        #expect(message.contains(expected), "\(message)")
    }

    @Test("a token that is refused is not shown")
    func secret() throws {
        #expect(try !refusal("integrations: {github: [{host: x, token: 'ghp sesame'}]}").contains("sesame"))
    }

    private func frequency(_ text: String) throws -> PollSchedule.Frequency? {
        let document = "catalog: {providers: {github: {organization: a, schedule: {frequency: \(text)}}}}"
        return try? configuration(document).github.discoveries.first?.discovery.schedule.frequency
    }

    @Test(
        "lengths of time are read in every form",
        arguments: [
            ("{minutes: 30}", 1_800), ("{hours: 1, minutes: 30}", 5_400), ("{days: 1}", 86_400), ("PT30M", 1_800),
            ("P1DT2H", 93_600), ("PT1.5H", 5_400), ("P1W", 604_800), ("30m", 1_800), ("2 hours", 7_200),
            ("1 hour", 3_600), ("90s", 90), ("'45 seconds'", 45), ("{milliseconds: 2000}", 2),
        ] as [(String, Int)])
    func durations(text: String, seconds: Int) throws {
        #expect(try frequency(text) == .every(.seconds(seconds)))
    }

    @Test("times of crontab are read")
    func cron() throws {
        #expect(try frequency("{cron: '0 */2 * * *'}") == CronExpression("0 */2 * * *").map { .cron($0) })
    }

    @Test(
        "what is no length of time, or none that makes sense, is refused",
        arguments: [
            "30", "'30'", "P1M", "P1Y", "PT", "P", "PT5", "PTM", "{}", "{months: 1}", "{minutes: -1}", "soon",
            "{cron: '0 * * *'}", "{cron: '0 0 30 2 *'}", "PT0S", "{weeks: 2}", "1e3m", "{minutes: x}",
        ])
    func noDurations(text: String) throws {
        #expect(try frequency(text) == nil)
    }
}
