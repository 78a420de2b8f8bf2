import Base
import Catalog
import Costs
import MCP
import Store
import Testing

@testable import Controller

@Suite("Configuration")
struct ConfigurationTests {
    @Test("without any key everything has its default, and the missing token is warned about")
    func defaults() throws {
        let found = try configuration("")
        #expect(
            found.host == "0.0.0.0" && found.port == 7007 && found.catalog.locations.map(\.target) == ["catalog"]
                && found.catalog.readsConfigMaps)
        #expect(
            found.catalog.configMapNamespaces.isEmpty && found.clusters.homeName == "default"
                && found.clusters.homeContext == nil)
        #expect(found.prices == EstimatePrices() && found.costInterval == .seconds(30) && found.tokens.isEmpty)
        #expect(found.warnings == ["backend.auth.externalAccess has no token, so nobody can use the API"])
    }

    @Test(
        "every form of listen is understood",
        arguments: [
            ("':8080'", "0.0.0.0", 8_080), ("127.0.0.1:8080", "127.0.0.1", 8_080), ("localhost:0", "localhost", 0),
            ("8080", "0.0.0.0", 8_080),
            ("'8080'", "0.0.0.0", 8_080), ("'[::1]:8080'", "::1", 8_080), ("{port: 1}", "0.0.0.0", 1),
            ("{host: '::1'}", "::1", 7_007),
            ("{host: a, port: '65535'}", "a", 65_535), ("{}", "0.0.0.0", 7_007), ("'${LISTEN}'", "10.0.0.1", 9),
            ("{port: '${PORT}'}", "0.0.0.0", 12),
        ])
    func listen(text: String, host: String, port: Int) throws {
        let found = try configuration(
            "backend: {listen: \(text)}", environment: ["LISTEN": "10.0.0.1:9", "PORT": "12"])
        #expect(found.host == host && found.port == port)
    }

    @Test(
        "a wrong value is refused with file, line, column, path, and what was expected",
        arguments: [
            ("backend: {listen: nowhere}", "0.yaml:1:19: backend.listen: expected an address such as"),
            ("backend: {listen: '::1'}", "0.yaml:1:19: backend.listen: expected an address"),
            ("backend: {listen: 'a:70000'}", "0.yaml:1:19: backend.listen: expected an address"),
            ("backend: {listen: 'a:-1'}", "0.yaml:1:19: backend.listen: expected an address"),
            ("backend: {listen: ''}", "0.yaml:1:19: backend.listen: expected an address"),
            (
                "backend: {listen: [1]}",
                "0.yaml:1:19: backend.listen: expected a whole number from 0 to 65535, found array"
            ),
            (
                "backend:\n  listen:\n    port: 70000",
                "0.yaml:3:11: backend.listen.port: expected a whole number from 0 to 65535, found integer"
            ),
            ("backend: {listen: {port: x}}", "0.yaml:1:26: backend.listen.port: expected a whole number"),
            ("backend: {listen: {host: 5}}", "0.yaml:1:26: backend.listen.host: expected a string, found integer"),
            (
                "backend: {database: {pool: {max: 0}}}",
                "0.yaml:1:34: backend.database.pool.max: expected a whole number from 1 to 100"
            ),
            ("backend: 5", "0.yaml:1:10: backend: expected an object, found integer"),
            ("callboard: {costs: text}", "0.yaml:1:20: callboard.costs: expected an object, found string"),
            ("callboard: [1]", "0.yaml:1:12: callboard: expected an object, found array"),
            ("catalog: {locations: x}", "0.yaml:1:22: catalog.locations: expected a list, found string"),
            ("catalog: {locations: [x]}", "0.yaml:1:23: catalog.locations[0].type: is missing; expected file"),
            (
                "catalog: {locations: [{type: file}]}",
                "0.yaml:1:23: catalog.locations[0].target: is missing; expected a path"
            ),
            (
                "catalog: {locations: [{type: file, target: '${NO}'}]}",
                "0.yaml:1:44: catalog.locations[0].target: is missing: the environment variable NO is not set; expected a path"
            ),
            (
                "callboard: {catalog: {configMaps: {enabled: maybe}}}",
                "0.yaml:1:45: callboard.catalog.configMaps.enabled: expected true or false, found string"
            ),
            (
                "callboard: {catalog: {configMaps: {namespaces: [a, 1]}}}",
                "0.yaml:1:52: callboard.catalog.configMaps.namespaces[1]: expected a string, found integer"
            ),
            (
                "callboard: {catalog: {configMaps: {namespaces: ['${NO}']}}}",
                "0.yaml:1:49: callboard.catalog.configMaps.namespaces[0]: expected a string, found null: the environment variable NO is not set"
            ),
            (
                "callboard: {kubernetes: {clusterName: 5}}",
                "0.yaml:1:39: callboard.kubernetes.clusterName: expected a string, found integer"
            ),
            (
                "callboard: {costs: {interval: 0}}",
                "0.yaml:1:31: callboard.costs.interval: expected a whole number from 1 to 3600"
            ),
            (
                "callboard: {costs: {currency: usd}}",
                "0.yaml:1:31: callboard.costs.currency: expected an ISO 4217 code such as USD, found \"usd\""
            ),
            (
                "callboard: {costs: {currency: DOLLAR}}",
                "0.yaml:1:31: callboard.costs.currency: expected an ISO 4217 code"
            ),
            (
                "callboard: {costs: {prices: {perCoreHour: -1}}}",
                "0.yaml:1:43: callboard.costs.prices.perCoreHour: expected an amount an hour, zero or more"
            ),
            (
                "callboard: {costs: {prices: {perCoreHour: 1e300}}}",
                "0.yaml:1:43: callboard.costs.prices.perCoreHour: expected an amount"
            ),
            (
                "callboard: {costs: {prices: {perGiBHour: free}}}",
                "0.yaml:1:42: callboard.costs.prices.perGiBHour: expected a number, found string"
            ),
            (
                "callboard: {costs: {prices: {perGiBHour: inf}}}",
                "0.yaml:1:42: callboard.costs.prices.perGiBHour: expected a number, found string"
            ),
            ("mcpActions: {name: [a]}", "0.yaml:1:20: mcpActions.name: expected a string, found array"),
        ])
    func refused(text: String, expected: String) throws {
        let message = try refusal(text)
        #expect(message.hasPrefix("app-config.\(expected)"), "\(message)")
    }

    @Test("all that can be set is read")
    func everything() throws {
        let found = try configuration(
            """
            app: {title: x, anything: [1]}
            organization: {name: y}
            backend: {baseUrl: http://x, database: {client: pg, pool: {max: 9}}}
            catalog: {readonly: true, locations: [{type: file, target: ./a}, {type: file, target: b.yaml}]}
            mcpActions: {name: n, description: d, instructions: i}
            callboard:
              kubernetes: {clusterName: prod, context: ctx}
              catalog: {configMaps: {enabled: 'false', namespaces: [a, b]}}
              costs: {currency: EUR, interval: '60', prices: {perCoreHour: 0.1, perGiBHour: '${PRICE}'}}
              mcp: {allowedOrigins: [https://a], allowedHosts: b}
            """, environment: ["PRICE": "0.000000001"])
        #expect(
            found.catalog.locations.map(\.target) == ["./a", "b.yaml"] && !found.catalog.readsConfigMaps
                && found.catalog.configMapNamespaces == ["a", "b"]
                && found.catalog.isReadOnly)
        #expect(
            found.clusters.homeName == "prod" && found.clusters.homeContext == "ctx"
                && found.costInterval == .seconds(60))
        let prices = PriceList(
            currency: "EUR", perCoreHour: Money(nanoDollars: 100_000_000), perGiBHour: Money(nanoDollars: 1))
        #expect(found.prices.nodes.onDemand == prices && found.database.size == 9)
        #expect(found.mcp.name == "n" && found.mcp.description == "d" && found.mcp.instructions == "i")
        #expect(found.warnings == ["backend.auth.externalAccess has no token, so nobody can use the API"])
    }

    @Test("unknown keys are warned about by path, and do not stop the start")
    func unknownKeys() throws {
        let found = try configuration(
            """
            techdocs: {builder: '${NO}'}
            backend: {listen: {prot: 1}, corz: {}, auth: {externalAccess: [{type: static, optoins: 1, options: {token: 12345678, subject: x}}]}}
            catalog: {rulez: 1, locations: [{type: file, target: a, rulez: []}]}
            callboard: {costs: {price: {}}}
            """.replacing("12345678", "'12345678'"))
        let expected = [
            "techdocs", "backend.listen.prot", "backend.corz", "backend.auth.externalAccess[0].optoins",
            "catalog.rulez",
            "catalog.locations[0].rulez", "callboard.costs.price",
        ]
        #expect(found.warnings == expected.map { "unknown configuration key \($0) is ignored" })
    }

    @Test("an optional key whose variable is not set is left out with a warning")
    func unsetVariable() throws {
        let found = try configuration("callboard: {kubernetes: {clusterName: '${CLUSTER}'}}\n")
        #expect(found.clusters.homeName == "default")
        #expect(
            found.warnings.first
                == "callboard.kubernetes.clusterName is ignored: the environment variable CLUSTER is not set")
        let overridden = try configuration(
            ["callboard: {kubernetes: {clusterName: '${CLUSTER}'}}\n", "callboard: {kubernetes: {clusterName: c}}\n"],
            environment: ["DATABASE_URL": "postgresql://h/d"])
        #expect(overridden.clusters.homeName == "c" && overridden.warnings.count == 1)
    }

    @Test("a location of another type is warned about and skipped; null counts as absent")
    func otherLocations() throws {
        let found = try configuration(
            "catalog: {locations: [{type: ldap, target: http://x}]}\nbackend: ~\ncallboard: {costs: ~}\n")
        #expect(found.catalog.locations.isEmpty)
        #expect(found.warnings.first?.hasPrefix("catalog.locations[0] has the type ldap") == true)
    }

    @Test("a URL is a source under the operator's trust, with its own rules; what is no URL is refused")
    func urls() throws {
        let found = try configuration(
            """
            catalog:
              locations:
                - {type: url, target: 'https://h/o/r/blob/main/**/a.yaml', rules: [{allow: [Group]}]}
                - {type: url, target: 'https://h/a.yaml'}
                - {type: file, target: dir}
            """)
        #expect(found.catalog.locations.map(\.kind) == [.url, .url, .file])
        let rules = found.catalog.catalogRules(cluster: "c", namespace: "n")
        #expect(rules.sources["url:https://h/o/r/blob/main/**/a.yaml"]??.first?.kinds == ["Group"])
        #expect(rules.sources["url:https://h/a.yaml"] == .some(nil))
        #expect(throws: ConfigurationError.self) {
            try configuration("catalog: {locations: [{type: url, target: a.yaml}]}")
        }
        let error = #expect(throws: ConfigurationError.self) {
            try configuration("catalog: {locations: [{type: url, target: 'https://bot:S3cret@h/a.yaml'}]}")
        }
        #expect(error.map { "\($0)" }?.contains("without user and password") == true)
        #expect(error.map { "\($0)" }?.contains("S3cret") == false)
    }

    @Test("the database's address comes from the environment, else from the configuration")
    func database() throws {
        func parameters(_ text: String, _ environment: [String: String] = [:]) throws -> [String] {
            try configuration([text], environment: environment).database.parameters.suffix(6).map { "\($0.0)=\($0.1)" }
        }
        let fields =
            "backend: {database: {connection: {host: h, port: '${PGPORT}', user: u, password: 'p w', database: d, sslmode: require}}}"
        #expect(try parameters(fields, ["DATABASE_URL": "postgresql://env/x"]).last == "dbname=postgresql://env/x")
        #expect(
            try parameters(fields, ["DATABASE_URL": "", "PGPORT": "5433"]) == [
                "host=h", "port=5433", "user=u", "password=p w", "dbname=d", "sslmode=require",
            ])
        #expect(
            try parameters("backend: {database: {connection: 'postgresql://file/y'}}").last
                == "dbname=postgresql://file/y")
    }

    @Test(
        "a database that cannot be known is refused, and the variable that is missing is named",
        arguments: [
            ("", "backend.database.connection: is missing; expected a connection URI"),
            (
                "backend: {database: {connection: '${DATABASE_URL}'}}",
                "backend.database.connection: is missing: the environment variable DATABASE_URL is not set"
            ),
            (
                "backend: {database: {connection: {$env: PG}}}",
                "backend.database.connection: is missing: the environment variable PG is not set"
            ),
            (
                "backend: {database: {connection: {port: 1}}}",
                "backend.database.connection.host: is missing; expected a host name"
            ),
            (
                "backend: {database: {connection: {host: h, port: 0}}}",
                "backend.database.connection.port: expected a whole number from 1 to 65535"
            ),
            (
                "backend: {database: {connection: {host: h, port: x}}}",
                "backend.database.connection.port: expected a whole number"
            ),
            ("backend: {database: {connection: ''}}", "backend.database.connection: expected a URI such as"),
            ("backend: {database: {connection: 5}}", "backend.database.connection.host: is missing"),
        ])
    func noDatabase(text: String, expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try configuration([text]) }
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test(
        "an address in the environment that cannot be read is refused without being shown",
        arguments: ["hidden", "postgresql://u:hidden%zz@h/d"])
    func unreadableAddress(uri: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try configuration([""], environment: ["DATABASE_URL": uri])
        }
        #expect(error.description.contains("DATABASE_URL") && !error.description.contains("hidden"))
    }
}

extension String {
    func replacing(_ part: String, _ other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
