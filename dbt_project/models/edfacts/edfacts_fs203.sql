with parameters as (
    {{ parameters_of('I32', ['inexperienced_below_years']) }}
),

teachers as (
    select
        q.school_year, 'TEACHER' as table_name, q.org_level, q.org_id, q.lea_id,
        -- In hundredths from the start: rounded later, the parts would not add up to the whole.
        cast(q.fte as decimal(9, 2)) as fte, cast(q.out_of_field_fte as decimal(9, 2)) as out_of_field_fte,
        case
            when q.years_of_experience < p.inexperienced_below_years then 'TCHINEXPRNCD'
            when q.years_of_experience is not null then 'TCHEXPRNCD'
            else 'MISSING'
        end as tchexprncdsts,
        case q.is_emergency_or_provisional when 1 then 'TCHWEMRPRVCRD' when 0 then 'TCHWOEMRPRVCRD' else 'MISSING' end
            as tchemrprvcrdsts
    from {{ ref('fct_teacher_qualification') }} as q
    inner join parameters as p on p.authority = 'essa' and {{ holds_in('p', 'q.school_year') }}
    where q.fte is not null
),

-- Who teaches two of five sections out of field is so for two fifths of the full-time equivalent.
parts as (
    select *, 'TCHOUTFLD' as tchfldsts, out_of_field_fte as amount from teachers where out_of_field_fte > 0
    union all
    select *, 'TCHINFLD', fte - out_of_field_fte from teachers where out_of_field_fte < fte
    union all
    select *, 'MISSING', fte from teachers where out_of_field_fte is null
),

by_level as (
    select school_year, table_name, 'school' as org_level, org_id, tchexprncdsts, tchemrprvcrdsts, tchfldsts, amount
    from parts
    where org_level = 'school'
    union all
    select school_year, table_name, 'lea', lea_id, tchexprncdsts, tchemrprvcrdsts, tchfldsts, amount
    from parts
    where lea_id is not null
    union all
    select p.school_year, p.table_name, 'state', o.org_id, p.tchexprncdsts, p.tchemrprvcrdsts, p.tchfldsts, p.amount
    from parts as p
    cross join {{ ref('dim_organization') }} as o
    where o.org_level = 'state'
),

{{ edfacts_counts('FS203', 'by_level', ['tchexprncdsts', 'tchemrprvcrdsts', 'tchfldsts'], number_type='decimal(18, 2)') }}
