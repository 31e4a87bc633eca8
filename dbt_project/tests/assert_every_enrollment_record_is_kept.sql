-- Finds: deliveries whose enrolment records received are not all in fct_enrollment, counted or excluded with a reason.
-- Matters: always. A lost record is a student missing from every figure; a doubled one is counted twice.
-- Resolve: compare the delivery's batch_id in records.enrollments with its delivery_version; if the fact is stale, run
-- dbt with --full-refresh, and look at what let it go stale.
{{ config(meta={'dagster': {'ref': {'name': 'fct_enrollment'}}}) }}
with received as (
    select source_id, school_year, count(*) as row_count
    from {{ ref('stg_enrollments') }}
    group by source_id, school_year
),

kept as (
    select source_id, school_year, count(*) as row_count
    from {{ ref('fct_enrollment') }}
    group by source_id, school_year
)

select coalesce(r.source_id, k.source_id) as source_id, coalesce(r.school_year, k.school_year) as school_year
from received as r
full outer join kept as k on r.source_id = k.source_id and r.school_year = k.school_year
where coalesce(r.row_count, 0) <> coalesce(k.row_count, 0)
