{# Which delivery's students are looked at on which dates: the newest week and the one before, and the checkpoints. #}
{% macro early_warning_as_of_dates() -%}
    select
        delivery_key, source_id, lea_id, school_year, as_of_date, max(week) as week, max(checkpoint) as checkpoint
    from (
        select
            d.delivery_key, d.source_id, d.lea_id, d.school_year, d.as_of_date - 7 * w.weeks_ago as as_of_date,
            w.week, cast(null as varchar) as checkpoint
        from (
            select *, max(school_year) over (partition by lea_id) as newest_school_year from {{ ref('dim_delivery') }}
        ) as d
        cross join (select * from (values (0, 'this_week'), (1, 'last_week')) as w (weeks_ago, week)) as w
        where d.lea_id is not null and d.school_year = d.newest_school_year
        union all
        select delivery_key, source_id, lea_id, school_year, checkpoint_date, null, name
        from (
            select d.*, c.name, c.effective_from, c.effective_to, {{ day_in_school_year('d', 'c') }} as checkpoint_date
            from {{ ref('dim_delivery') }} as d
            inner join {{ ref('early_warning_dates') }} as c on c.kind = 'checkpoint'
            where d.lea_id is not null
        ) as dated
        where checkpoint_date <= as_of_date and {{ holds_on('dated', 'checkpoint_date') }}
    ) as dates
    where as_of_date is not null
    group by delivery_key, source_id, lea_id, school_year, as_of_date
{%- endmacro %}

{# A month and day as a date of the school year, which begins in July. #}
{% macro day_in_school_year(year, day) -%}
    make_date({{ year }}.school_year - case when {{ day }}.month >= 7 then 1 else 0 end, {{ day }}.month, {{ day }}.day)
{%- endmacro %}

{% macro holds_on(configuration, on_date) -%}
    ({{ on_date }} >= {{ configuration }}.effective_from
    and {{ on_date }} <= coalesce({{ configuration }}.effective_to, date '9999-12-31'))
{%- endmacro %}

{# Whether the numbers of a student (a row of fct_early_warning) meet a threshold; null where they are not known. #}
{% macro meets_threshold(numbers, threshold) -%}
    case {{ threshold }}.measure
        when 'attendance_percent' then case when {{ numbers }}.days_enrolled >= {{ threshold }}.minimum_base then
            100 * ({{ numbers }}.days_enrolled - {{ numbers }}.days_absent)
            < {{ threshold }}.value * {{ numbers }}.days_enrolled end
        when 'attendance_percent_last_20' then
            case when {{ numbers }}.days_enrolled_last_20 >= {{ threshold }}.minimum_base then
            100 * ({{ numbers }}.days_enrolled_last_20 - {{ numbers }}.days_absent_last_20)
            < {{ threshold }}.value * {{ numbers }}.days_enrolled_last_20 end
        {%- for measure in ['suspension_count_term', 'suspension_count_year', 'referral_count_term', 'failed_core_count',
            'failed_english_mathematics_count'] %}
        when '{{ measure }}' then {{ numbers }}.{{ measure }} >= {{ threshold }}.value
        {%- endfor %}
    end
{%- endmacro %}
