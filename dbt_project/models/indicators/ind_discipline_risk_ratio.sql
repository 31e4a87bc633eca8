-- Two shares of ind_exclusionary_discipline side by side: of a group, and of everyone else who is described.
with groups as (
    select
        *,
        sum(numerator) over (
            partition by authority, school_year, org_level, org_id, disaggregate_type
        ) - numerator as other_numerator,
        sum(denominator) over (
            partition by authority, school_year, org_level, org_id, disaggregate_type
        ) - denominator as other_denominator
    from {{ ref('ind_exclusionary_discipline') }}
    where disaggregate_type <> 'all' and disaggregate_type not like '% x %' and disaggregate_value <> 'Missing'
),

figures as (
    select
        authority, school_year, org_level, org_id, parent_org_id, lea_id, disaggregate_type, disaggregate_value,
        numerator * other_denominator as numerator, denominator * other_numerator as denominator, student_count,
        n_missing, as_of_date, period_start, period_end
    from groups
)

{{ row_contract('figures', 'I17a', 1, 'ratio', 'discipline') }}
