-- A district sees each student it ever had in grades 9 to 12 of the cohort, whoever they count for now. Where the student
-- went on within the state it is told that, and since when, not where: the other district's records are not its own.
with own_enrollments as (
    select
        m.authority, m.years, m.student_key, e.lea_id, e.school_id, e.entry_date, e.exit_date, e.exit_type_code,
        e.reconciliation, e.next_entry_date, e.document_type_code, e.document_date,
        row_number() over (
            partition by m.authority, m.years, m.student_key, e.lea_id order by e.place_in_state desc
        ) as recency
    from {{ ref('fct_cohort_membership') }} as m
    inner join {{ ref('fct_student_enrollment') }} as e
        on m.student_key = e.student_key and e.school_year between m.entry_school_year and m.school_year
)

select
    cast(e.lea_id as varchar) as lea_id,
    cast(e.school_id as varchar) as school_id,
    cast(m.authority as varchar) as authority,
    cast(m.school_year as integer) as school_year,
    cast(m.years as integer) as years,
    cast(m.cohort_year as integer) as cohort_year,
    cast(e.student_key as varchar) as student_key,
    m.lea_id = e.lea_id as counts_here,
    cast(case when m.lea_id = e.lea_id then m.school_id end as varchar) as counted_at_school_id,
    m.is_in_denominator = 1 as is_in_denominator,
    m.is_in_numerator = 1 as is_in_numerator,
    cast(m.entry_rule_number as integer) as entry_rule_number,
    cast(n.explanation as varchar) as why_in_the_cohort,
    cast(case when m.lea_id = e.lea_id then m.outcome_rule_number end as integer) as outcome_rule_number,
    cast(case
        when m.lea_id = e.lea_id then o.explanation
        when e.reconciliation = 'found_in_another_district'
            then 'You reported the student as gone, but an enrollment in another district of the state follows: a transfer. The student counts there.'
        else 'The student went on to another district of the state and counts there.'
    end as varchar) as what_became,
    cast(case when m.lea_id = e.lea_id then m.evidence_record end as varchar) as evidence_record,
    cast(case when m.lea_id = e.lea_id then m.evidence_code end as varchar) as evidence_code,
    cast(case when m.lea_id = e.lea_id then m.evidence_date end as date) as evidence_date,
    cast(m.attribution as varchar) as attribution,
    cast(e.entry_date as date) as last_entry_date,
    cast(e.exit_date as date) as last_exit_date,
    cast(e.exit_type_code as varchar) as last_exit_type_code,
    cast(e.reconciliation as varchar) as reconciliation,
    cast(e.next_entry_date as date) as next_entry_date,
    cast(case
        when m.lea_id = e.lea_id then o.how_to_contest
        else 'If this is not the same student, tell the state: two persons may share one number.'
    end as varchar) as how_to_contest,
    cast(coalesce(s.status, 'provisional') as varchar) as status,
    cast(m.as_of_date as date) as as_of_date
from {{ ref('fct_cohort_membership') }} as m
inner join own_enrollments as e
    on m.authority = e.authority and m.years = e.years and m.student_key = e.student_key and e.recency = 1
inner join {{ ref('cohort_rules') }} as n on m.entry_reason = n.reason_code
inner join {{ ref('cohort_rules') }} as o on m.outcome_reason = o.reason_code
left join {{ ref('collection_status') }} as s on s.collection = 'graduation' and m.school_year = s.school_year
