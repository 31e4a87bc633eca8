{%- set without -%}
case when in_school_suspension_count + out_of_school_suspension_count + expulsion_count + restraint_count = 0
        then 1 else 0 end
{%- endset -%}
{{ discipline_figures('I16p', 'education_to_workforce', without, 'is_discipline_known and is_restraint_known') }}
