internal import Base

/// Brings the schema `callboard` to the version that this program knows: numbered scripts, each applied once in a
/// transaction of its own, under an advisory lock so that replicas that start together do not collide.
struct Migrator {
    struct Migration {
        let version: Int
        let name: String
        let script: [UInt8]

        /// Told apart from a script of the same number that says something else.
        var checksum: String { sha256Hex(script) }
    }

    /// Every migration, in order. A script that has been released is never changed. (SwiftPM names an embedded file
    /// after its path, with the first character, a digit, replaced.)
    static let migrations = [
        Migration(version: 1, name: "spine", script: PackageResources._001_spine_sql),
        Migration(version: 2, name: "leadership", script: PackageResources._002_leadership_sql),
        Migration(version: 3, name: "workload_facts", script: PackageResources._003_workload_facts_sql),
        Migration(version: 4, name: "catalog_index", script: PackageResources._004_catalog_index_sql),
        Migration(version: 5, name: "registered_location", script: PackageResources._005_registered_location_sql),
        Migration(version: 6, name: "etag", script: PackageResources._006_etag_sql),
        Migration(
            version: 7, name: "catalog_processing", script: PackageResources._007_catalog_processing_sql),
        Migration(version: 8, name: "canonical", script: PackageResources._008_canonical_sql),
        Migration(version: 9, name: "yielding_source", script: PackageResources._009_yielding_source_sql),
        Migration(version: 10, name: "source_run", script: PackageResources._010_source_run_sql),
        Migration(version: 11, name: "costs", script: PackageResources._011_costs_sql),
        Migration(version: 12, name: "cost_sums", script: PackageResources._012_cost_sums_sql),
        Migration(version: 13, name: "usage", script: PackageResources._013_usage_sql),
        Migration(version: 14, name: "notification", script: PackageResources._014_notification_sql),
        Migration(version: 15, name: "oauth", script: PackageResources._015_oauth_sql),
        Migration(version: 16, name: "audit", script: PackageResources._016_audit_sql),
        Migration(version: 17, name: "mcp_session", script: PackageResources._017_mcp_session_sql),
        Migration(version: 18, name: "cost_backfill", script: PackageResources._018_cost_backfill_sql),
        Migration(version: 19, name: "exported_prices", script: PackageResources._019_exported_prices_sql),
        Migration(version: 20, name: "consent_user", script: PackageResources._020_consent_user_sql),
        Migration(version: 21, name: "workload_sheet", script: PackageResources._021_workload_sheet_sql),
        Migration(version: 22, name: "hour_sheet", script: PackageResources._022_hour_sheet_sql),
    ]

    /// An arbitrary number that names this lock among the database's advisory locks ("callboar" in ASCII).
    private static let lock: Int64 = 0x6361_6C6C_626F_6172

    /// For each sort and each hash of a script, which look at all there is: with PostgreSQL's default of 4 MB, migration 4 compares
    /// each value of the catalog with each other one. Enough for 300,000 entities and more.
    static let workMemory = "128MB"

    /// Applies what is missing.
    ///
    /// - Returns: the versions that were applied.
    /// - Throws: `StoreError` with code `schema` when the database is newer than this program, or was made by other scripts.
    static func migrate(_ session: PostgresSession, migrations: [Migration] = migrations) throws -> [Int] {
        try session.run(
            """
            SELECT set_config('lock_timeout', '60s', false), set_config('statement_timeout', '600s', false),
                set_config('work_mem', '\(workMemory)', false)
            """)
        try session.run("SELECT pg_advisory_lock($1::bigint)", [.int(lock)])
        // The session's settings and the lock end with it.
        defer { session.disconnect() }
        try session.runScript(
            """
            CREATE SCHEMA IF NOT EXISTS callboard;
            CREATE TABLE IF NOT EXISTS callboard.schema_migration (
                version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now());
            """)
        let applied = try appliedChecksums(session)
        if let newer = applied.keys.max(), newer > migrations.last?.version ?? 0 {
            throw StoreError(
                code: .schema,
                detail: "the database is at version \(newer), this program knows \(migrations.last?.version ?? 0): "
                    + "start the newer program, or restore the backup made before the upgrade")
        }
        return try migrations.filter { migration in
            try needsApplying(migration, applied[migration.version])
        }.map { try apply($0, session) }
    }

    private static func appliedChecksums(_ session: PostgresSession) throws -> [Int: String] {
        let rows = try session.run("SELECT version, checksum FROM callboard.schema_migration")
        return Dictionary(uniqueKeysWithValues: try rows.map { (Int($0.int(0) ?? 0), try $0.required(1)) })
    }

    private static func needsApplying(_ migration: Migration, _ applied: String?) throws -> Bool {
        guard let applied else { return true }
        guard applied == migration.checksum else {
            throw StoreError(
                code: .schema,
                detail:
                    "migration \(migration.version) (\(migration.name)) was applied in another form than this program's"
            )
        }
        return false
    }

    private static func apply(_ migration: Migration, _ session: PostgresSession) throws -> Int {
        try session.transaction {
            try session.runScript(String(decoding: migration.script, as: UTF8.self))
            try session.run(
                "INSERT INTO callboard.schema_migration (version, name, checksum) VALUES ($1::int, $2, $3)",
                [.int(Int64(migration.version)), .text(migration.name), .text(migration.checksum)])
        }
        return migration.version
    }
}
