with members as (
    select
        m.school_year, m.state_id, m.lea_id, m.school_id, 'LEPENROLLED' as table_name, s.raceethnic, s.disabstatus,
        {{ permitted_value('GRADELVBASICW13') }} as gradelvbasicw13,
        -- No record says which language is spoken at home.
        'MISSING' as langhome,
        case when s.lepboth = 'LEP' then 1 else 0 end as amount
    from {{ ref('fct_membership') }} as m
    inner join {{ ref('edfacts_student') }} as s on m.student_key = s.student_key and m.school_year = s.school_year
    {{ permitted_join('m', 'grade_level_code', 'GRADELVBASICW13') }}
    -- Of elementary and secondary school: the file knows no prekindergarten and no adults.
    where m.authority = 'edfacts' and s.lepboth <> 'MISSING' and coalesce(m.grade_level_code, '') not in ('PK', 'AE')
),

by_level as (
    {{- edfacts_by_level('members', ['state', 'lea', 'school']) }}
),

{{ edfacts_counts('FS141', 'by_level', ['gradelvbasicw13', 'raceethnic', 'disabstatus', 'langhome']) }}
