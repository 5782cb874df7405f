/** Generated from openapi.json by npm run generate. Do not edit. */

export interface paths {
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Acquire a seat, attach to the one this instance holds, or queue for one
         * @description Idempotent for one instanceKey and holderId: repeat it after a lost answer. A waiter that is offered a seat takes it with the same call.
         */
        post: operations["acquireSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the session stands; a waiter asks with wait and is told of its offer at once */
        get: operations["getSession"];
        put?: never;
        post?: never;
        /**
         * Give the seat back; the seat is free when its last holder has left
         * @description Idempotent: a session that has ended answers 204 too.
         */
        delete: operations["releaseSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep the seat: the lease begins anew */
        post: operations["renewSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to a session, oldest first */
        get: operations["getSessionHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}/force-release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a seat back from whoever holds it
         * @description Idempotent: a session that has ended stays as it ended.
         */
        post: operations["forceReleaseSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Would this license allow this use? A decision, not an error */
        post: operations["validateLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses/check-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a license file, which proves what the license allows without a server
         * @description A file for a device takes a seat out of the pool until it ends. Idempotent: the same wish answers the same check-out until half of its file’s life has passed or the license says something else. While the signing key is away the answer is 202, and the file follows; a server that has none answers 503 at once.
         */
        post: operations["checkOutLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/check-outs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a check-out stands, with its license file once it is signed */
        get: operations["getCheckOut"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/check-outs/{id}/check-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a license file up: its device’s seat is the pool’s again
         * @description Ends what the same request file got, or without one every check-out of the device that was got without one. Idempotent. Nothing offline can show that no copy of the file was kept: such a copy is good on that one device until the file ends.
         */
        post: operations["checkIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant’s licenses with their seats in use */
        get: operations["listLicenses"];
        put?: never;
        /** Issue a license to the tenant named in Leasehold-Tenant */
        post: operations["issueLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One license */
        get: operations["getLicense"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change the seats, the expiry or the features of a license
         * @description More seats go to the queue at once. With fewer seats nobody loses one: nothing is granted until enough are given back.
         */
        patch: operations["changeLicense"];
        trace?: never;
    };
    "/v1/licenses/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The sessions of a license, newest first */
        get: operations["listLicenseSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Suspend a license: no new sessions, running ones end at their next beat */
        post: operations["suspendLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses/{id}/reinstate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a suspension: sessions may start again, those it ended stay ended */
        post: operations["reinstateLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revoke a license for good; running sessions end at their next beat */
        post: operations["revokeLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/licenses/{id}/rotate-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a license a new key
         * @description Running sessions go on. Programs that still have the key before cannot acquire or validate once it has stopped. Without an overlap every earlier key stops at once, one that an earlier rotation left an overlap too.
         */
        post: operations["rotateLicenseKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All tenants */
        get: operations["listTenants"];
        put?: never;
        /** Create a tenant: the customer organisation that owns licenses */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One tenant */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All products */
        get: operations["listProducts"];
        put?: never;
        /** Create a product of the vendor */
        post: operations["createProduct"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/products/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One product */
        get: operations["getProduct"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change the name of a product, or where it is sold */
        patch: operations["changeProduct"];
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All plans */
        get: operations["listPlans"];
        put?: never;
        /** Create a plan: the offer whose policy its licenses inherit */
        post: operations["createPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One plan */
        get: operations["getPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create an API key for the tenant named in Leasehold-Tenant */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke an API key at once; repeating it answers the same */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The public keys that tokens are verified with, as a JSON Web Key Set
         * @description Roots, and the delegates whose tokens may still be believed. Whoever must not trust this connection pins the roots, and takes the delegates from the certificates that come with tokens.
         */
        get: operations["getKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/revocations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All that was revoked, the oldest first */
        get: operations["listRevocations"];
        put?: never;
        /**
         * Revoke a key, or leases that were granted; for good
         * @description The server uses a revoked key no more. A new signed list follows in a moment, and its number with the next heartbeats. A list that is full takes no more of that kind, which is a conflict. A delegate is replaced at once; of a root the next version takes the place. Leases end offline alone: to end a session, force its release. To revoke a license, use its own operation.
         */
        post: operations["createRevocation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/revocations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The signed list of all that is revoked
         * @description Ask for it when a heartbeat or a lease token tells a higher number than the one that you have. A root that you trust must have signed it.
         */
        get: operations["getRevocations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers at all */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether each part that the API needs answers; Temporal is not one of them */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AcquireRequest: {
            /**
             * @description Names one running instance on its device; the same instance never takes two seats.
             * @example f3b1c2d4e5f60718
             */
            instanceKey: string;
            /**
             * @description Names one process of the instance. Left out: the instance has one.
             * @default default
             */
            holderId: string;
            /** @description Code of the product that runs. */
            product: string;
            /** @description Version of the product that runs. */
            version: string;
            /**
             * @description builder: a person at work. runtime: inside a shipped product.
             * @enum {string}
             */
            usageType: "builder" | "runtime";
            device: components["schemas"]["Device"];
            /**
             * @description Queue when all seats are in use.
             * @default false
             */
            wait: boolean;
            /** @description A session of the same device, as the denial lists them. When no seat is free it ends, and its seat is granted, unless others wait before the caller. */
            takeover?: string;
            /** @description Names of features without which the program is of no use. */
            features?: string[];
            /**
             * @description Up to 20 flat members of your own.
             * @default {}
             */
            metadata: {
                [key: string]: string | number | boolean | null;
            };
        };
        Device: {
            /** @description A hash that names the machine. */
            fingerprint: string;
            name?: string;
            platform?: string;
            /** @description Whether the machine is gone after this run, as in a build or a container. Then no offline rights stay after a clean stop. */
            ephemeral?: boolean;
        };
        HeartbeatRequest: {
            /**
             * @description The caller has no good lease token of its session: the answer brings one, where the server signs, although the last one is still good.
             * @default false
             */
            wantsToken: boolean;
        };
        ForceReleaseRequest: {
            /** @description Why; kept in the audit log. */
            reason: string;
        };
        ValidateRequest: {
            /** @description Code of the product that asks. */
            product: string;
            /**
             * @description builder: a person at work. runtime: inside a shipped product.
             * @default builder
             * @enum {string}
             */
            usageType: "builder" | "runtime";
            /** @description Names of features without which the program is of no use. */
            features?: string[];
            /** @description Also tell of every check what it looked at and how it went. */
            explain?: boolean;
        };
        CheckOutRequest: {
            /** @description Code of the product that the file is for. */
            product: string;
            /**
             * @description builder: a person at work. runtime: inside a shipped product.
             * @default builder
             * @enum {string}
             */
            usageType: "builder" | "runtime";
            /** @description The device that the file is for; bound to none unless given. */
            device?: {
                fingerprint: string;
            };
            /** @description Life of the file; the plan’s offline grace unless given. */
            ttlSeconds?: number;
            /** @description Random; the license file repeats it. */
            nonce?: string;
        } | {
            /** @description What a machine that sees no network wrote to ask for its file. */
            requestFile: string;
        };
        CheckInRequest: {
            /** @description What a machine wrote when it gave its license file up. */
            deactivationFile: string;
        } | {
            /** @description The device that gives its file up, if it had it without a request file. */
            device: {
                fingerprint: string;
            };
        };
        IssueLicenseRequest: {
            productId: string;
            planId: string;
            seats?: number;
            /** @default null */
            expiresAt: string | null;
            /**
             * @description Members of the plan’s policy that this license replaces.
             * @default {}
             */
            overrides: {
                seats?: {
                    min: number;
                    max: number;
                };
                leaseSeconds?: number;
                heartbeatSeconds?: number;
                holdersMax?: number;
                overdraft?: number;
                queue?: {
                    lengthMax: number;
                    waitMaxSeconds: number;
                    offerSeconds: number;
                    livenessSeconds: number;
                } | null;
                usageTypes?: ("builder" | "runtime")[];
                offlineGraceHours?: number;
                offlineAllowance?: number | "seats";
                devicesMax?: number | null;
                licenseFiles?: {
                    needsDevice: boolean;
                    hoursMax: number;
                } | null;
                namesHolders?: boolean;
                features?: {
                    [key: string]: components["schemas"]["Feature"];
                };
            };
            /**
             * @description Up to 20 flat members of your own.
             * @default {}
             */
            metadata: {
                [key: string]: string | number | boolean | null;
            };
        };
        /** @description On or off, a limit (the text unlimited is one without an end) or a text. The plain value is short for a hard gate, in overrides for the gate of the plan. */
        Feature: (boolean | number | string) | {
            value: boolean | number | string;
            /**
             * @description hard: beyond its limit there is nothing. soft: what is there stays, to be looked at and not changed.
             * @enum {string}
             */
            gate: "hard" | "soft";
        };
        ChangeLicenseRequest: {
            seats?: number;
            expiresAt?: string | null;
            /** @description Features that replace the plan’s, or come beside them, one by one; null gives back what the plan says. */
            features?: {
                [key: string]: components["schemas"]["Feature"] | null;
            };
        };
        SuspendLicenseRequest: {
            reason: string;
        };
        ReinstateLicenseRequest: Record<string, never>;
        RevokeLicenseRequest: {
            reason: string;
        };
        RotateLicenseKeyRequest: {
            /**
             * @description How long the key before goes on, so that programs can change to the new one.
             * @default 0
             */
            overlapHours: number;
        };
        CreateTenantRequest: {
            name: string;
        };
        CreateProductRequest: {
            code: string;
            name: string;
            upgradeUrl?: string | null;
        };
        ChangeProductRequest: {
            name?: string;
            upgradeUrl?: string | null;
        };
        CreatePlanRequest: {
            productId: string;
            code: string;
            name: string;
            /** @description Whether denials may name it as a way out, to anybody. Default: true. Not for a plan made for one customer. */
            offered?: boolean;
            policy: components["schemas"]["Policy"];
        };
        Policy: {
            seats: {
                min: number;
                max: number;
            };
            leaseSeconds: number;
            heartbeatSeconds: number;
            holdersMax: number;
            overdraft: number;
            queue: {
                lengthMax: number;
                waitMaxSeconds: number;
                offerSeconds: number;
                livenessSeconds: number;
            } | null;
            usageTypes: ("builder" | "runtime")[];
            offlineGraceHours: number;
            offlineAllowance: number | "seats";
            devicesMax: number | null;
            licenseFiles: {
                needsDevice: boolean;
                hoursMax: number;
            } | null;
            namesHolders: boolean;
            features: {
                [key: string]: components["schemas"]["Feature"];
            };
        };
        CreateApiKeyRequest: {
            name: string;
            /**
             * @description What the key may do; all of it when left out.
             * @default [
             *       "licenses:read",
             *       "licenses:write",
             *       "sessions:read",
             *       "sessions:write"
             *     ]
             */
            scopes: ("licenses:read" | "licenses:write" | "sessions:read" | "sessions:write")[];
        };
        CreateRevocationRequest: {
            /** @constant */
            kind: "key";
            /** @description Key id of a root or a delegate; of a delegate also one that the ledger lost with a restore. */
            kid: string;
            reason: string;
        } | {
            /** @constant */
            kind: "leases";
            licenseId: string;
            fences: components["schemas"]["FenceRange"];
            reason: string;
        };
        /** @description Grants of one pool by the fence that sessions and lease tokens show. */
        FenceRange: {
            epoch: number;
            first: number;
            /** @description How many, from the first on. */
            count: number;
        };
        SessionAnswer: {
            session: components["schemas"]["Session"];
            /** @description Authorises heartbeat, status and release of this holder. Keep it secret. */
            credential?: string;
            /** @description Proves the seat, and what the license grants, without the server: typ lic-lease+jwt. There when one was signed for this answer; the last one is good until then. */
            leaseToken?: string;
            /** @description Of the key that signed the lease token: typ lic-delegate+jwt, signed by a root. */
            certificate?: string;
            /** Format: date-time */
            serverTime: string;
            /** @description Number of the newest list of what is revoked; absent before the first. */
            revocationSeq?: number;
        };
        /** @description A heartbeat leaves out usageType, createdAt, endedAt and endReason. */
        Session: {
            id: string;
            /** @enum {string} */
            status: "queued" | "offered" | "active" | "ended";
            licenseId: string;
            instanceKey: string;
            /** @enum {string} */
            usageType?: "builder" | "runtime";
            seats: {
                used: number;
                limit: number;
            } | null;
            queue: {
                /** @description 1 is next. */
                position: number | null;
                length: number | null;
                estimatedWaitSeconds: number | null;
                /** @description A seat is held back until then: acquire again with the same instanceKey. */
                offerUntil: string | null;
                /** @description When the wait is given up. */
                waitUntil: string | null;
            } | null;
            leaseUntil: string | null;
            heartbeatSeconds: number | null;
            fence: components["schemas"]["Fence"] | null;
            /** Format: date-time */
            createdAt?: string;
            endedAt?: string | null;
            endReason?: ("lapsed" | "released" | "forced" | "license_suspended" | "license_revoked" | "offer_expired" | "queue_timeout" | "superseded") | null;
        };
        /** @description Rises with every grant of the license: compare epoch first. */
        Fence: {
            epoch: number;
            counter: number;
        };
        Problem: {
            /**
             * Format: uri
             * @description The page that explains the code.
             */
            type: string;
            title: string;
            status: number;
            /** @description What happened and what to do next. */
            detail: string;
            /** @enum {string} */
            code: "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "invalid_request" | "idempotency_mismatch" | "idempotency_in_flight" | "rate_limited" | "no_seats_available" | "queue_full" | "session_ended" | "license_revoked" | "license_suspended" | "license_expired" | "product_mismatch" | "usage_type_not_allowed" | "feature_not_granted" | "license_file_not_allowed" | "holders_exhausted" | "takeover_refused" | "restoring" | "unavailable" | "internal";
            requestId: string;
            /** @description Where requests are traced: of this one. */
            traceId?: string;
            /** @description The same request may succeed later. */
            retryable: boolean;
            /** @description The server looked, and the answer is no. */
            conclusive: boolean;
            /** @description On the surfaces of license keys and sessions: the refusal, signed. */
            denial?: string;
            /** @description Of the key that signed it. */
            certificate?: string;
            /**
             * @description With session_ended: why.
             * @enum {string}
             */
            reason?: "lapsed" | "released" | "forced" | "license_suspended" | "license_revoked" | "offer_expired" | "queue_timeout" | "superseded";
            /**
             * @description With takeover_refused: why.
             * @enum {string}
             */
            takeoverRefusal?: "not_own" | "ended" | "is_waiting" | "others_wait" | "over_limit";
            errors?: {
                path: string;
                message: string;
            }[];
            holders?: components["schemas"]["Holder"][];
            /** @description Holders that are counted only. */
            otherHolders?: number;
            /** @description Whether asking again with an own holder in `takeover` would give its seat now. */
            takeoverOffered?: boolean;
            seats?: {
                used: number;
                limit: number;
            };
            queue?: {
                length: number;
            };
            /** @description With feature_not_granted: what is missing. */
            missingFeatures?: {
                name: string;
                /** @description null: the license has no feature of that name. */
                value: boolean | number | string | null;
                gate: ("hard" | "soft") | null;
            }[];
            upgrade?: components["schemas"]["Upgrade"];
        };
        Holder: {
            sessionId: string;
            /** Format: date-time */
            since: string;
            /** @description Whether it runs on the device that asked. */
            own: boolean;
            deviceName?: string;
        };
        /** @description With usage_type_not_allowed and feature_not_granted: the way out. */
        Upgrade: {
            /** @description The plans on offer that would allow it, five at most. */
            plans: {
                code: string;
                name: string;
            }[];
            /** @description Where the vendor sells them. */
            url: string | null;
        };
        History: {
            items: {
                /** Format: date-time */
                at: string;
                event: string;
                detail: {
                    [key: string]: unknown;
                };
            }[];
        };
        LedgerSession: {
            id: string;
            licenseId: string;
            /** @enum {string} */
            status: "queued" | "active" | "ended";
            instanceKey: string;
            /** @enum {string} */
            usageType: "builder" | "runtime";
            product: string;
            version: string;
            device: components["schemas"]["Device"];
            metadata: {
                [key: string]: unknown;
            };
            fence: components["schemas"]["Fence"] | null;
            /** Format: date-time */
            createdAt: string;
            grantedAt: string | null;
            endedAt: string | null;
            endReason: ("lapsed" | "released" | "forced" | "license_suspended" | "license_revoked" | "offer_expired" | "queue_timeout" | "superseded") | null;
        };
        Decision: {
            valid: boolean;
            /**
             * @description valid, or the first check that failed.
             * @enum {string}
             */
            code: "valid" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "invalid_request" | "idempotency_mismatch" | "idempotency_in_flight" | "rate_limited" | "no_seats_available" | "queue_full" | "session_ended" | "license_revoked" | "license_suspended" | "license_expired" | "product_mismatch" | "usage_type_not_allowed" | "feature_not_granted" | "license_file_not_allowed" | "holders_exhausted" | "takeover_refused" | "restoring" | "unavailable" | "internal";
            detail: string;
            license: components["schemas"]["License"];
            entitlements: {
                [key: string]: components["schemas"]["Entitlement"];
            };
            expiresAt: string | null;
            /** @description With feature_not_granted: what is missing. */
            missingFeatures?: {
                name: string;
                /** @description null: the license has no feature of that name. */
                value: boolean | number | string | null;
                gate: ("hard" | "soft") | null;
            }[];
            upgrade?: components["schemas"]["Upgrade"];
            /** @description With explain: every check in its order, also those behind the first that failed. */
            trace?: components["schemas"]["CheckOutcome"][];
        };
        License: {
            id: string;
            tenantId: string;
            productId: string;
            planId: string;
            /** @enum {string} */
            status: "trialing" | "active" | "grace" | "suspended" | "expired" | "revoked";
            seats: {
                limit: number;
                used: number;
                queued: number;
                /** @description Held by devices with their license files. */
                checkedOut: number;
            };
            expiresAt: string | null;
            entitlements: {
                [key: string]: components["schemas"]["Entitlement"];
            };
            metadata: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            createdAt: string;
        };
        Entitlement: {
            value: boolean | number | string;
            /** @enum {string} */
            kind: "boolean" | "number" | "text";
            /**
             * @description hard: beyond its limit there is nothing. soft: what is there stays, to be looked at and not changed.
             * @enum {string}
             */
            gate: "hard" | "soft";
            /**
             * @description license: it replaces what the plan says, or comes beside it.
             * @enum {string}
             */
            from: "plan" | "license";
        };
        CheckOutcome: {
            /** @enum {string} */
            check: "revoked" | "suspended" | "expired" | "product" | "usage_type" | "feature";
            passed: boolean;
            /** @enum {string} */
            code?: "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "invalid_request" | "idempotency_mismatch" | "idempotency_in_flight" | "rate_limited" | "no_seats_available" | "queue_full" | "session_ended" | "license_revoked" | "license_suspended" | "license_expired" | "product_mismatch" | "usage_type_not_allowed" | "feature_not_granted" | "license_file_not_allowed" | "holders_exhausted" | "takeover_refused" | "restoring" | "unavailable" | "internal";
            /** @description What was looked at. */
            input: {
                [key: string]: unknown;
            };
            detail: string;
        };
        CheckOutAnswer: {
            checkOut: components["schemas"]["CheckOut"];
            /** @description The text to keep or to carry to the machine, while the check-out is signed. */
            licenseFile?: string;
        };
        CheckOut: {
            id: string;
            licenseId: string;
            /**
             * @description pending: to be signed, or to be signed anew because its root was revoked. signed: there is a file. The others are ends: expired by time, failed to be signed, revoked with its license, checked_in by its device.
             * @enum {string}
             */
            status: "pending" | "signed" | "expired" | "failed" | "revoked" | "checked_in";
            /** @description With failed and revoked: the code of why. */
            reason: string | null;
            /** @description The hash of the device that the file is for; null: it is bound to none. */
            device: string | null;
            nonce: string | null;
            ttlSeconds: number;
            /** Format: date-time */
            createdAt: string;
            signedAt: string | null;
            /** @description When the file ends; null: none is signed. */
            expiresAt: string | null;
            endedAt: string | null;
        };
        IssuedLicense: {
            license: components["schemas"]["License"];
            /** @description Shown this once; only its hash is stored. */
            licenseKey: string;
        };
        RotatedLicenseKey: {
            licenseId: string;
            /** @description Shown this once; only its hash is stored. */
            licenseKey: string;
            /** @description Until when earlier keys are good at most; null: they have stopped. */
            previousKeysUntil: string | null;
        };
        Tenant: {
            id: string;
            name: string;
            /** Format: date-time */
            createdAt: string;
        };
        Product: {
            id: string;
            code: string;
            name: string;
            upgradeUrl: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        Plan: {
            id: string;
            productId: string;
            code: string;
            name: string;
            offered: boolean;
            policy: components["schemas"]["Policy"];
            /** Format: date-time */
            createdAt: string;
        };
        CreatedApiKey: {
            apiKey: {
                id: string;
                tenantId: string;
                name: string;
                scopes: ("licenses:read" | "licenses:write" | "sessions:read" | "sessions:write")[];
            };
            /** @description Shown this once; only its hash is stored. */
            secret: string;
        };
        KeySet: {
            keys: components["schemas"]["PublishedKey"][];
            /** @description Tokens of type lic-roots+jwt, the oldest first: a root that you trust names in one of them the roots after it. */
            roots: string[];
        };
        PublishedKey: {
            /** @enum {string} */
            kty: "RSA" | "OKP";
            kid: string;
            /**
             * @description The only one that it is good for.
             * @enum {string}
             */
            alg: "PS256" | "Ed25519";
            /** @constant */
            use: "sig";
            n?: string;
            e?: string;
            /** @constant */
            crv?: "Ed25519";
            x?: string;
        };
        Revocation: {
            id: string;
            /** @enum {string} */
            kind: "key" | "license" | "leases";
            /** @description Id of the key or of the license. */
            subject: string;
            fences: components["schemas"]["FenceRange"] | null;
            reason: string;
            /** Format: date-time */
            at: string;
            /** @description Number of the first signed list that names it; null until there is one. */
            listedIn: number | null;
        };
        Revocations: {
            /** @description Its number, which rises with every list; 0 before the first. */
            seq: number;
            /** @description The list, a token of type lic-revoked+jwt; null before the first. */
            revocations: string | null;
        };
        Readiness: {
            /** @enum {string} */
            status: "ok" | "down";
            parts: {
                [key: string]: "ok" | "down";
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    acquireSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcquireRequest"];
            };
        };
        responses: {
            /** @description The instance already holds this seat; the holder is attached. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionAnswer"];
                };
            };
            /** @description A seat was granted. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionAnswer"];
                };
            };
            /** @description All seats are in use; the instance waits. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionAnswer"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `takeover_refused`: The session cannot be taken over. `license_revoked`: The license was revoked. `license_suspended`: The license is suspended. `license_expired`: The license has expired. `product_mismatch`: The license is for another product. `usage_type_not_allowed`: The license does not allow this type of use. `feature_not_granted`: The license does not grant a feature that is needed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no_seats_available`: All seats of the license are in use. `queue_full`: The queue for a seat is full. `holders_exhausted`: The session has as many holders as its policy allows. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `restoring`: The seats of this license are being restored. `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: {
                /** @description Seconds to wait for a change while the session is queued: its place, an offer, its end. */
                wait?: number;
            };
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session, also when it has ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionAnswer"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `restoring`: The seats of this license are being restored. `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releaseSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This holder holds nothing any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `restoring`: The seats of this license are being restored. `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renewSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["HeartbeatRequest"];
            };
        };
        responses: {
            /** @description The seat, or the place in the queue, is kept. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionAnswer"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `session_ended`: The session has ended. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `restoring`: The seats of this license are being restored. `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSessionHistory: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session’s events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forceReleaseSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ForceReleaseRequest"];
            };
        };
        responses: {
            /** @description The session, ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LedgerSession"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    validateLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ValidateRequest"];
            };
        };
        responses: {
            /** @description The decision, with the code of the first failing check. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Decision"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkOutLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckOutRequest"];
            };
        };
        responses: {
            /** @description The file is there. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckOutAnswer"];
                };
            };
            /** @description The file will be: look at Location. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckOutAnswer"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `license_file_not_allowed`: The license gives no such license file. `license_revoked`: The license was revoked. `license_suspended`: The license is suspended. `license_expired`: The license has expired. `product_mismatch`: The license is for another product. `usage_type_not_allowed`: The license does not allow this type of use. `feature_not_granted`: The license does not grant a feature that is needed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no_seats_available`: All seats of the license are in use. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCheckOut: {
        parameters: {
            query?: never;
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The check-out, also when it has ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckOutAnswer"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkIn: {
        parameters: {
            query?: never;
            header?: {
                /** @description Random, and never used for another request: the lease token, or the signed denial, that answers the request repeats it. Longer than 200 characters, or empty, it is ignored. */
                "Leasehold-Nonce"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckInRequest"];
            };
        };
        responses: {
            /** @description The check-out, which has ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckOutAnswer"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLicenses: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of licenses. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["License"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    issueLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IssueLicenseRequest"];
            };
        };
        responses: {
            /** @description The license and its key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedLicense"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_in_flight`: The first request with this idempotency key is still worked on. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. `idempotency_mismatch`: The idempotency key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The license. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeLicenseRequest"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLicenseSessions: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
                /** @description true: only sessions that hold a seat or wait. */
                open?: "true" | "false";
            };
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of sessions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["LedgerSession"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    suspendLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SuspendLicenseRequest"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reinstateLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReinstateLicenseRequest"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeLicense: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevokeLicenseRequest"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateLicenseKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateLicenseKeyRequest"];
            };
        };
        responses: {
            /** @description The new key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedLicenseKey"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. `idempotency_in_flight`: The first request with this idempotency key is still worked on. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. `idempotency_mismatch`: The idempotency key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTenants: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tenants. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Tenant"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTenantRequest"];
            };
        };
        responses: {
            /** @description The tenant. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_in_flight`: The first request with this idempotency key is still worked on. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. `idempotency_mismatch`: The idempotency key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProducts: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of products. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Product"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createProduct: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateProductRequest"];
            };
        };
        responses: {
            /** @description The product. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. `idempotency_in_flight`: The first request with this idempotency key is still worked on. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. `idempotency_mismatch`: The idempotency key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProduct: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The product. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeProduct: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeProductRequest"];
            };
        };
        responses: {
            /** @description The product as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPlans: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of plans. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Plan"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePlanRequest"];
            };
        };
        responses: {
            /** @description The plan. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. `idempotency_in_flight`: The first request with this idempotency key is still worked on. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. `idempotency_mismatch`: The idempotency key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKeyRequest"];
            };
        };
        responses: {
            /** @description The key and its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_in_flight`: The first request with this idempotency key is still worked on. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. `idempotency_mismatch`: The idempotency key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key opens nothing any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. It may be kept for an hour. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeySet"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRevocations: {
        parameters: {
            query?: {
                limit?: number;
                cursor?: string;
            };
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of revocations. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Revocation"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRevocation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Only with an operator key: the tenant that is meant. Required where the operation belongs to one tenant. */
                "Leasehold-Tenant"?: string;
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRevocationRequest"];
            };
        };
        responses: {
            /** @description It was revoked before. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revocation"];
                };
            };
            /** @description It is revoked. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revocation"];
                };
            };
            /** @description `unauthenticated`: The credential is missing or not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: The credential does not allow this operation. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not_found`: There is no such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The resource is in a state that does not allow this. `idempotency_in_flight`: The first request with this idempotency key is still worked on. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `invalid_request`: The request is not valid. `idempotency_mismatch`: The idempotency key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate_limited`: The credential or the address asks too often. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRevocations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revocations"];
                };
            };
            /** @description It is the one that If-None-Match names. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them do. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description `internal`: The server met an unexpected fault. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: A part that this operation needs is not answering. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
